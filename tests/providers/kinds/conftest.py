import json
import re
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from foundation import egress
from providers.kinds.client import CallFailed, Client
from providers.kinds.dialects.gemini import GeminiEmbeddings
from providers.kinds.kind import Kind
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Answer, Dialect, Endpoint, Format, Request, Usage
from tests.providers.kinds import vendors

ANSWERS = Path(__file__).resolve().parents[2] / "answers"
SECRET = "canary-9f8e7d6c5b4a"
RECORDED = {path.stem: json.loads(path.read_text()) for path in sorted(ANSWERS.glob("*.json"))}


@dataclass(frozen=True)
class Success:
    kind: Kind
    dialect: Dialect
    record: dict

    @property
    def answer(self) -> Answer:
        return answer_of(self.record["answer"])


@dataclass(frozen=True)
class Refusal:
    kind: Kind
    case: str
    record: dict

    @property
    def answer(self) -> Answer:
        said = self.record["body"]
        return answer_of(said, status=self.record["status"], headers=self.record.get("headers"))


def answer_of(body: object, *, status: int = 200, headers: dict | None = None) -> Answer:
    text = json.dumps(body).replace("{{secret}}", SECRET)
    return Answer(status, {"content-type": "application/json"} | (headers or {}), text.encode())


def usage_of(buckets: dict | None) -> Usage | None:
    return buckets and Usage(**{f"{name}_tokens": count for name, count in buckets.items()})


def endpoint_of(kind: Kind, base_url: str = "") -> Endpoint:
    """What a complete provider of this kind keeps."""
    return kind.endpoint(
        base_url=base_url or ("https://llm.example.com/v1" if not kind.base_url else ""),
        credential={field.name: SECRET for field in kind.credential.fields if field.required},
        config={field.name: field.placeholder for field in kind.fields if field.required},
    )


def _dialect(kind: Kind, name: str) -> Dialect:
    if name == "gemini embedding":
        return GeminiEmbeddings()
    return kind.dialect(Format(name.split(maxsplit=1)[0]))


def _successes() -> list:
    return [
        pytest.param(Success(KINDS[slug], _dialect(KINDS[slug], name), record), id=f"{slug}-{name}")
        for slug, answers in RECORDED.items()
        for name, record in answers.get("formats", {}).items()
    ]


def _refusals() -> list:
    return [
        pytest.param(Refusal(KINDS[slug], case, record), id=f"{slug}-{case}")
        for slug, answers in RECORDED.items()
        for case, record in answers["errors"].items()
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = metafunc.fixturenames
    if "success" in names:
        metafunc.parametrize("success", _successes())
    if "refusal" in names:
        metafunc.parametrize("refusal", _refusals())
    if "callable_kind" in names:
        kinds = [kind for kind in KINDS.values() if kind.is_available]
        metafunc.parametrize("callable_kind", kinds, ids=[kind.slug for kind in kinds])
    if "any_kind" in names:
        metafunc.parametrize("any_kind", KINDS.values(), ids=KINDS)


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def recorded() -> dict:
    return RECORDED


@pytest.fixture
def make_answer():
    return answer_of


@pytest.fixture
def make_endpoint():
    return endpoint_of


@pytest.fixture
def make_usage():
    return usage_of


@pytest.fixture
def decode():
    return orjson.loads


@pytest.fixture
def answering(httpserver):
    """Answer every call with what a kind's file of answers holds; gives the server's address."""

    def answer(slug, name, *, streams=False):
        record = RECORDED[slug]["models"] if name == "models" else RECORDED[slug]["formats"][name]
        httpserver.expect_request(re.compile("")).respond_with_data(
            vendors.events(record["stream"]) if streams else json.dumps(record["answer"]),
            content_type="text/event-stream" if streams else "application/json",
        )
        return httpserver.url_for("").rstrip("/")

    return answer


@pytest.fixture
def asked(httpserver):
    """Give the one request that a vendor's client sent."""

    def told():
        [(request, _)] = httpserver.log
        return vendors.heard(request)

    return told


NAME = "api.example.test"
PATIENTLY = 20.0
TLS_HELLO = b"\x16"


class Server:
    """Accepts connections, keeps what they asked, and answers each by a function."""

    def __init__(self, respond, tls=None):
        self.heard = []
        self.over = threading.Event()
        self._respond = respond
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection):
        try:
            spoken = (
                self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            )
            self.heard.append(_request_on(spoken))
            self._respond(self, spoken)
            if self._tls:
                spoken.close()
        except OSError:
            pass  # the client hung up, as some tests want it to

    def close(self):
        if self.over.is_set():
            return
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENTLY)


def _request_on(connection):
    heard = b""
    while b"\r\n\r\n" not in heard and not heard.startswith(TLS_HELLO):
        chunk = connection.recv(65_536)
        if not chunk:
            return heard
        heard += chunk
    return heard


@pytest.fixture
def serve():
    servers = []

    def start(answer, *, tls=None):
        respond = answer if callable(answer) else lambda _server, spoken: spoken.sendall(answer)
        servers.append(Server(respond, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def client():
    return Client(egress.Policy(allow_loopback=True), resolver=lambda _host, _port: ["127.0.0.1"])


@pytest.fixture
def request_to():
    def make(server, *, scheme="http", method="GET", body=None):
        url = f"{scheme}://{NAME}:{server.port}/v1/models"
        return Request(method, url, {"authorization": f"Bearer {SECRET}"}, body)

    return make


@pytest.fixture
def failure_of(client, request_to):
    def fail(server, *, timeout_s=PATIENTLY, scheme="http", **options):
        with pytest.raises(CallFailed) as failed:
            client.send(request_to(server, scheme=scheme), timeout_s=timeout_s, **options)
        assert SECRET not in str(failed.value)
        return failed.value

    return fail
