"""A provider that quotes the key it was sent: clients, log and ledger never see it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from werkzeug import Request, Response

from tests.canary.canaries import API_KEY, SECRET_HEADER, leaks, plain, token_canary
from tests.journeys.installation import PATIENCE_S, Installation

HEADER_LINE = f"X-Canary: {SECRET_HEADER.value}"
REFUSALS = (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529)


@dataclass(frozen=True, slots=True)
class Client:
    installation: Installation
    token: str
    model: str

    def ask(self, *, stream: bool = False, token: str = "", path: str = "") -> requests.Response:
        return requests.post(
            f"{self.installation.gateway_url}/v1/chat/completions{path}",
            headers={"Authorization": f"Bearer {token or self.token}"},
            json={
                "model": self.model,
                "stream": stream,
                "messages": [{"role": "user", "content": "Say hello."}],
            },
            timeout=PATIENCE_S,
        )


@pytest.fixture(scope="module")
def client(installation: Installation, make_httpserver) -> Iterator[Client]:
    token = installation.token("canary")
    installation.add_provider(
        token,
        name="Quoting",
        baseUrl=make_httpserver.url_for("/v1"),
        credential={"api_key": API_KEY.value, "secret_headers": HEADER_LINE},
        models=["gpt-4o"],
    )
    yield Client(installation, token, "quoting/gpt-4o")
    make_httpserver.clear()


def quoting(status: int, *, kind: str = "application/json"):
    """Answer as an unkind provider does: with every header that was sent, in body and headers."""

    def answer(request: Request) -> Response:
        sent = " ".join(f"{name}={value}" for name, value in request.headers.items())
        message = f"Incorrect API key provided: {API_KEY.value}. You sent {sent}"
        body = f'{{"error": {{"message": "{message}", "code": "{API_KEY.value}"}}}}'
        if kind == "text/event-stream":
            body = f"data: {body}\n\n"
        echoed = {"X-Echo": sent, "WWW-Authenticate": sent, "Retry-After": "1"}
        return Response(body, status, echoed, content_type=kind)

    return answer


def told(answer: requests.Response) -> tuple[str, str]:
    return f"answer {answer.status_code}", f"{answer.headers} {answer.text}"


def everything_kept(installation: Installation) -> Iterator[tuple[str, str]]:
    installation.settled()
    yield "log", "\n".join(installation.heard)
    metrics = requests.get(f"{installation.gateway_url}/metrics", timeout=PATIENCE_S)
    yield "metrics", metrics.text
    for file in installation.folder.rglob("*"):
        if file.is_file():
            yield file.name, plain(file.read_bytes())


@pytest.mark.parametrize("kind", ["application/json", "text/html", "text/event-stream"])
def test_an_error_that_quotes_the_key_is_passed_on_without_it(client, httpserver, kind):
    answers = []

    for status in REFUSALS:
        httpserver.clear()
        httpserver.expect_request("/v1/chat/completions").respond_with_handler(
            quoting(status, kind=kind)
        )
        answers += [told(client.ask(stream=stream)) for stream in (False, True)]

    watched = (API_KEY, SECRET_HEADER, token_canary(client.token))
    assert leaks(answers, watched) == []
    assert leaks(everything_kept(client.installation), watched) == []


def test_an_error_inside_a_stream_is_passed_on_without_the_key(client, httpserver):
    httpserver.expect_request("/v1/chat/completions").respond_with_handler(
        quoting(200, kind="text/event-stream")
    )

    answer = client.ask(stream=True)

    assert leaks([told(answer)], [API_KEY, SECRET_HEADER]) == []


@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_an_error_inside_a_success_is_an_error_without_the_key(client, httpserver, kind):
    httpserver.expect_request("/v1/chat/completions").respond_with_handler(quoting(200, kind=kind))

    answers = [client.ask(stream=stream) for stream in (False, True)]

    assert [answer.status_code for answer in answers] == [502, 502]
    assert all("Quoting" in answer.json()["error"]["message"] for answer in answers)
    assert leaks(map(told, answers), [API_KEY, SECRET_HEADER]) == []


def test_a_token_that_is_refused_or_stands_in_an_address_is_not_logged(client, httpserver):
    mistyped = f"{client.token[:-4]}{client.token[:4]}"
    watched = [token_canary(client.token), token_canary(mistyped)]

    answers = [
        told(client.ask(token=mistyped)),
        told(client.ask(token="", path=f"?key={client.token}&api_key={API_KEY.value}")),
        told(client.ask(path=f"/{client.token}")),
    ]

    assert leaks(everything_kept(client.installation), watched) == []
    assert leaks(answers[:2], watched) == []
