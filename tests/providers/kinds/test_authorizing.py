"""The last step before a call, for a worker and for an event loop."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest

from foundation import egress
from providers.kinds import authorizing
from providers.kinds.access_tokens import AccessToken, AccessTokens
from providers.kinds.client import CallFailed, Client
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Endpoint, ErrorClass, Request
from tests.providers.kinds.cloud_doubles import (
    PAIR,
    TOKEN_PATH,
    TokenService,
    kind_at,
    service_account,
)

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CALL = Request("POST", "https://x.example.com/", {"content-type": "x"}, b"{}")
CLIENT = Client(egress.Policy(allow_loopback=True))
VERTEX = Endpoint("https://x", {"service_account": service_account()}, {})
BEDROCK = Endpoint("https://x", PAIR, {"region": "us-east-1"})


@pytest.fixture
def google_at(httpserver):
    def start(**options):
        service = TokenService(**options)
        httpserver.expect_request(TOKEN_PATH).respond_with_handler(service)
        return service, kind_at(httpserver)

    return start


async def soon(kind, endpoint):
    return await authorizing.authorized_soon(kind, CALL, endpoint, CLIENT, at=NOW)


def test_a_kind_without_an_authorizer_sends_what_it_built():
    kind, endpoint = KINDS["groq"], Endpoint("https://x", {"api_key": "k"})

    assert authorizing.authorized(kind, CALL, endpoint, CLIENT, at=NOW) is CALL
    assert asyncio.run(soon(kind, endpoint)) is CALL
    authorizing.note_answer(kind, endpoint, status=401)


def test_an_event_loop_gets_the_same_signature_as_a_worker():
    kind = KINDS["bedrock"]

    at_once = authorizing.authorized(kind, CALL, BEDROCK, CLIENT, at=NOW)

    assert asyncio.run(soon(kind, BEDROCK)).headers == at_once.headers


def test_a_signature_and_a_known_token_never_leave_the_event_loop(google_at, monkeypatch):
    _, kind = google_at()
    authorizing.authorized(kind, CALL, VERTEX, CLIENT, at=NOW)

    def refuse(*_args, **_kwargs):
        raise AssertionError("a thread was asked for")

    monkeypatch.setattr(asyncio, "to_thread", refuse)

    assert asyncio.run(soon(kind, VERTEX)).headers["authorization"] == "Bearer ya29.token-number-1"
    assert (
        "AWS4-HMAC-SHA256" in asyncio.run(soon(KINDS["bedrock"], BEDROCK)).headers["authorization"]
    )


def test_the_event_loop_goes_on_while_a_first_token_is_fetched(google_at):
    gate = threading.Event()
    service, kind = google_at(gate=gate)

    async def many():
        waiting = [asyncio.create_task(soon(kind, VERTEX)) for _ in range(8)]
        await asyncio.sleep(0)
        gate.set()  # reached only because the loop is free
        return await asyncio.gather(*waiting)

    ready = asyncio.run(many())

    assert {one.headers["authorization"] for one in ready} == {"Bearer ya29.token-number-1"}
    assert len(service.assertions) == 1


def test_a_credential_that_is_none_fails_the_call_in_both_worlds(google_at):
    _, kind = google_at()
    broken = Endpoint("https://x", {"service_account": "{"})

    with pytest.raises(CallFailed) as failed:
        asyncio.run(soon(kind, broken))
    assert failed.value.error_class is ErrorClass.INVALID_KEY
    with pytest.raises(CallFailed, match="neither an access key"):
        asyncio.run(soon(KINDS["bedrock"], Endpoint("https://x", {}, {"region": "us-east-1"})))


def test_the_memory_of_tokens_is_bounded_and_the_least_used_goes_first():
    tokens = AccessTokens(most=2)

    def bought(value):
        return lambda: AccessToken(value, NOW + HOUR)

    for key in (b"a", b"b"):
        tokens.get(key, at=NOW, fetch=bought(key.decode()))
    tokens.current(b"a", at=NOW, fetch=bought("again"))
    tokens.get(b"c", at=NOW, fetch=bought("c"))

    known = [tokens.current(key, at=NOW, fetch=bought("again")) for key in (b"a", b"b", b"c")]
    assert [token and token.value for token in known] == ["a", None, "c"]


def test_a_token_is_not_used_in_its_last_seconds():
    tokens = AccessTokens()

    def fetch():
        return AccessToken("t", NOW + HOUR)

    tokens.get(b"a", at=NOW, fetch=fetch)

    assert tokens.current(b"a", at=NOW + HOUR - timedelta(seconds=31), fetch=fetch)
    assert tokens.current(b"a", at=NOW + HOUR - timedelta(seconds=30), fetch=fetch) is None


def test_a_caller_who_is_interrupted_leaves_nobody_waiting():
    tokens = AccessTokens()

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tokens.get(b"a", at=NOW, fetch=interrupted)

    assert tokens.get(b"a", at=NOW, fetch=lambda: AccessToken("t", NOW + HOUR)).value == "t"
