"""`python -m gateway` as a process of its own: how it starts, serves and stops."""

import base64
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import openai
import pytest
from django.db import connections

from gateway.bounds import Bounds
from tests.gateway import upstream as up
from tests.gateway.running import PATIENCE_S
from usage.models import UsageRecord

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 60.0
LONGER_THAN_USUAL_S = Bounds().drain_s + 0.6
QUESTION = [{"role": "user", "content": "Hi"}]


def database_url():
    settings = connections.settings["default"]
    if connections["default"].vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    user, password = (quote(settings[name] or "", safe="") for name in ("USER", "PASSWORD"))
    who = f"{user}:{password}@" if user else ""
    return f"postgres://{who}{settings['HOST']}:{settings['PORT'] or 5432}/{settings['NAME']}"


class Process:
    """A gateway process on a free port."""

    def __init__(self, folder, **environment):
        self.port = free_port()
        self.log = folder / "gateway.log"
        self.environment = {
            **os.environ,
            "AXIOM_DATA": str(folder),
            "DATABASE_URL": database_url(),
            "AXIOM_GATEWAY_PORT": str(self.port),
            **environment,
        }
        folder.mkdir(mode=0o700, exist_ok=True)
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "gateway"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self):
        return self.log.read_text()

    def wait_until_ready(self):
        end = time.monotonic() + STARTS_WITHIN_S
        while not self.is_ready():
            assert self.popen.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.05)

    def is_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        """Ask it to stop; its exit status."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(PATIENCE_S)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def started(folder, **environment):
    process = Process(folder, **environment)
    try:
        yield process
    finally:
        process.popen.kill()
        process.popen.wait(PATIENCE_S)


@pytest.fixture
def process(shared_db, tmp_path):
    with started(tmp_path / "data") as process:
        process.wait_until_ready()
        yield process


def test_openais_own_client_gets_answers_streams_and_errors(process, provider, token):
    with openai.OpenAI(base_url=f"{process.url}/v1", api_key=token, max_retries=0) as client:
        whole = client.chat.completions.create(model="default", messages=QUESTION)
        stream = client.chat.completions.create(model="default", messages=QUESTION, stream=True)
        words = [chunk.choices[0].delta.content for chunk in stream]
        models = [model.id for model in client.models.list()]
        with pytest.raises(openai.NotFoundError, match="no/such"):
            client.chat.completions.create(model="no/such", messages=QUESTION)
    with (
        openai.OpenAI(base_url=f"{process.url}/v1", api_key="wrong", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError, match="not valid"),
    ):
        stranger.models.list()

    assert whole.choices[0].message.content == "Hello"
    assert "".join(words) == "Hello"
    assert "near-ai/upstream-model" in models


def test_a_stream_that_breaks_is_an_error_to_openais_own_client(process, provider, token, upstream):
    upstream.next.append(up.stream("Hel", ends=False))

    with openai.OpenAI(base_url=f"{process.url}/v1", api_key=token, max_retries=0) as client:
        stream = client.chat.completions.create(model="default", messages=QUESTION, stream=True)
        with pytest.raises(openai.APIError, match="closed the connection"):
            list(stream)


def test_told_to_stop_it_ends_streams_with_a_word_and_writes_the_ledger(
    process, provider, token, upstream
):
    upstream.next.append(up.Held())
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE_S)
    body = json.dumps({"messages": QUESTION, "stream": True})
    connection.request("POST", "/v1/chat/completions", body, {"x-api-key": token})
    answer = connection.getresponse()
    answer.readline()

    status = process.stop()

    assert status == 0, process.said
    assert b"being restarted" in answer.read()
    connection.close()
    row = UsageRecord.objects.get()
    assert (row.outcome, row.error_class) == ("partial", "gateway_stopped")
    assert "Traceback" not in process.said


def test_an_operator_may_give_calls_under_way_longer(
    shared_db, provider, token, upstream, tmp_path
):
    held = up.Held()
    upstream.next.append(held)
    with started(tmp_path / "data", AXIOM_GATEWAY_DRAIN_SECONDS="60") as process:
        process.wait_until_ready()
        connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE_S)
        body = json.dumps({"messages": QUESTION, "stream": True})
        connection.request("POST", "/v1/chat/completions", body, {"x-api-key": token})
        answer = connection.getresponse()
        answer.readline()
        process.popen.send_signal(signal.SIGTERM)
        time.sleep(LONGER_THAN_USUAL_S)
        held.go_on()
        rest = answer.read()
        connection.close()
        status = process.popen.wait(PATIENCE_S)

    assert status == 0, process.said
    assert b"[DONE]" in rest
    assert UsageRecord.objects.get().error_class == ""


def refusal(folder, **environment):
    """What a process says that doesn't start."""
    with started(folder, **environment) as process:
        assert process.popen.wait(STARTS_WITHIN_S) == 1
        assert "Traceback" not in process.said
        return process.said


def test_a_port_that_is_taken_is_said_in_one_line(process, tmp_path):
    said = refusal(tmp_path / "second", AXIOM_GATEWAY_PORT=str(process.port))

    assert f"port {process.port} is taken. Set AXIOM_GATEWAY_PORT" in said


def test_a_root_key_that_does_not_open_the_database_stops_the_start(provider, tmp_path):
    other_key = base64.b64encode(secrets.token_bytes(32)).decode()

    said = refusal(tmp_path / "data", ENCRYPTION_KEY=other_key)

    assert "The gateway can't start: The database holds keys under root key" in said


def test_a_wrong_setting_stops_the_start_with_its_name(shared_db, tmp_path):
    assert "AXIOM_GATEWAY_PORT" in refusal(tmp_path / "data", AXIOM_GATEWAY_PORT="many")


def test_neither_prompts_nor_credentials_nor_queries_reach_the_log(
    process, provider, token, upstream
):
    upstream.next.append(up.answer({"error": {"message": "boom"}}, status=500))
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE_S)
    body = json.dumps({"messages": [{"role": "user", "content": "the canary sings"}]})
    connection.request(
        "POST", f"/v1/chat/completions?key={token}", body, {"authorization": f"Bearer {token}"}
    )
    assert connection.getresponse().status == 502
    connection.close()

    process.stop()

    for secret in ("canary", token, "sk-upstream"):
        assert secret not in process.said
