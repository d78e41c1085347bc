"""A real engine, where LLAMA_SERVER names llama.cpp's llama-server, in every format it speaks.

It is built from `vendor/llama.cpp` in the source package of `llama-cpp-python` (`cmake`, target
`llama-server`), which takes two cores five to ten minutes: too long for each run of the checks, so
these tests run where somebody has it. Its model is made of random numbers: form and usage tell.
"""

import contextlib
import os
import subprocess
import time
import urllib.request
from urllib.error import URLError

import pytest
from django.utils import timezone

from providers.kinds.vocabulary import ErrorClass, Format
from providers.services import connections
from tests.journeys.installation import free_port
from tests.moved_kinds import only_model, provider_there
from tests.providers.kinds.gguf_file import write_model

PROGRAM = os.environ.get("LLAMA_SERVER", "")
KEY = "sk-llama-canary-9f8e7d6c5b4a"
PATIENCE_S = 60.0
CALLS = {
    "chat": ("openai", Format.CHAT, "tiny"),
    "responses": ("openai", Format.RESPONSES, "tiny"),
    "messages": ("anthropic", Format.MESSAGES, "tiny"),
    "embeddings": ("openai", Format.EMBEDDINGS, "tiny-embed"),
}

pytestmark = [
    pytest.mark.skipif(not PROGRAM, reason="LLAMA_SERVER names no llama-server"),
    pytest.mark.django_db,
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("llama")
    port = free_port()
    where = ("--host", "127.0.0.1", "--port", str(port), "--api-key", KEY)
    model = ("-m", str(write_model(folder / "tiny.gguf")), "-c", "2048", "--alias", "tiny")
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            (PROGRAM, *model, *where, "--embeddings", "--pooling", "mean"),
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
        )
    origin = f"http://127.0.0.1:{port}"
    try:
        wait_for(process, f"{origin}/health", folder / "said")
        yield origin
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def wait_for(process, url, said):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(URLError), urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own
            return
        time.sleep(0.1)
    raise AssertionError(f"llama-server did not start:\n{said.read_text()[-2000:]}")


@pytest.fixture
def provider_of(engine, monkeypatch):
    def make(name, key=KEY):
        slug, wanted, model_id = CALLS[name]
        return provider_there(monkeypatch, slug, engine, wanted=wanted, key=key, model_id=model_id)

    return make


@pytest.mark.parametrize("name", CALLS)
def test_it_answers_our_test(provider_of, name):
    outcome = connections.ask(only_model(provider_of(name)), now=timezone.now())

    assert outcome.ok, outcome.message


@pytest.mark.parametrize("name", CALLS)
def test_its_answer_and_usage_are_read(provider_of, name, monkeypatch):
    answers = []
    send = connections.Call.send

    def remembered(call, request, *, timeout_s):
        answers.append(send(call, request, timeout_s=timeout_s))
        return answers[-1]

    monkeypatch.setattr(connections.Call, "send", remembered)
    provider = provider_of(name)
    connections.ask(only_model(provider), now=timezone.now())

    usage = provider.kind_row.dialect(CALLS[name][1]).read_answer(answers[0]).usage

    assert usage.prompt_tokens > 0
    assert (usage.generated_tokens > 0) == (name != "embeddings")


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_key_is_told_as_one(provider_of, name):
    model = only_model(provider_of(name, key="sk-not-the-right-one"))

    outcome = connections.ask(model, now=timezone.now())

    assert (outcome.error_class, outcome.http_status) == (ErrorClass.INVALID_KEY, 401)


def test_its_models_are_listed_and_its_probe_is_well(provider_of):
    provider = provider_of("chat")

    listed = connections.live_models_of(provider, now=timezone.now())

    assert [model.id for model in listed] == ["tiny"]
    assert connections.probe(provider, now=timezone.now()).ok
