"""Access tokens of service accounts: one request for all who need one, renewed ahead, in memory."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from foundation import egress
from providers.kinds import authorizing
from providers.kinds.client import CallFailed, Client
from providers.kinds.vocabulary import Endpoint, ErrorClass, Request
from tests.providers.kinds.cloud_doubles import (
    TOKEN_PATH,
    TokenService,
    kind_at,
    private_key,
    service_account,
)

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
CALL = Request("POST", "https://aiplatform.googleapis.com/v1/x", {"content-type": "x"}, b"{}")
CLIENT = Client(egress.Policy(allow_loopback=True))


@pytest.fixture
def google_at(httpserver):
    """Start a token service; return it, and a kind whose tokens come from there."""

    def start(**options):
        service = TokenService(**options)
        httpserver.expect_request(TOKEN_PATH).respond_with_handler(service)
        return service, kind_at(httpserver)

    return start


def endpoint(text=""):
    return Endpoint("https://x", {"service_account": text or service_account()})


def token_of(kind, where=None, *, at=NOW, client=CLIENT):
    ready = authorizing.authorized(kind, CALL, where or endpoint(), client, at=at)
    assert (ready.method, ready.url, ready.body) == (CALL.method, CALL.url, CALL.body)
    assert ready.headers["content-type"] == "x"
    return ready.headers["authorization"].removeprefix("Bearer ")


def test_a_token_is_bought_once_and_used_until_it_runs_out(google_at):
    service, kind = google_at()

    first = [token_of(kind, at=NOW + timedelta(minutes=minute)) for minute in (0, 1, 50)]
    later = token_of(kind, at=NOW + timedelta(seconds=3599))

    assert first == ["ya29.token-number-1"] * 3
    assert later == "ya29.token-number-2"
    assert len(service.assertions) == 2


def test_a_replaced_credential_buys_a_token_of_its_own(google_at):
    service, kind = google_at()

    tokens = {token_of(kind), token_of(kind, endpoint(service_account(private_key_id="4b")))}

    assert len(tokens) == len(service.assertions) == 2


def test_a_token_is_renewed_ahead_without_anybody_waiting_for_it(google_at):
    gate = threading.Event()
    gate.set()
    service, kind = google_at(gate=gate)
    token_of(kind)
    gate.clear()
    due = NOW + timedelta(minutes=56)

    while_it_is_fetched = [token_of(kind, at=due) for _ in range(5)]
    gate.set()
    renewed = _until(lambda: token_of(kind, at=due), "ya29.token-number-2")

    assert while_it_is_fetched == ["ya29.token-number-1"] * 5
    assert renewed
    assert len(service.assertions) == 2


def test_a_renewal_that_fails_leaves_the_present_token_and_is_tried_again(google_at, httpserver):
    service, kind = google_at()
    token_of(kind)
    httpserver.clear_all_handlers()
    failed = threading.Event()

    def refuse(_request):
        failed.set()
        raise AssertionError("the token service is away")

    httpserver.expect_request(TOKEN_PATH).respond_with_handler(refuse)
    due = NOW + timedelta(minutes=56)
    assert token_of(kind, at=due) == "ya29.token-number-1"
    assert failed.wait(20)
    httpserver.clear()
    httpserver.expect_request(TOKEN_PATH).respond_with_handler(service)

    at_once = token_of(kind, at=due + timedelta(seconds=1))
    later = due + timedelta(seconds=31)
    renewed = _until(lambda: token_of(kind, at=later), "ya29.token-number-2")

    assert at_once == "ya29.token-number-1"
    assert renewed


def test_many_callers_at_once_make_one_request_for_a_token(google_at):
    gate = threading.Event()
    service, kind = google_at(gate=gate)

    with ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(token_of, kind) for _ in range(12)]
        gate.set()
        tokens = {one.result(20) for one in waiting}

    assert tokens == {"ya29.token-number-1"}
    assert len(service.assertions) == 1


def test_callers_who_wait_for_one_request_all_learn_that_it_failed(google_at):
    gate = threading.Event()
    refusal = (400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
    service, kind = google_at(gate=gate, refusal=refusal)

    def attempt():
        with pytest.raises(CallFailed) as failed:
            token_of(kind)
        return failed.value.error_class

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(attempt) for _ in range(4)]
        gate.set()
        told = {one.result(20) for one in waiting}

    assert told == {ErrorClass.INVALID_KEY}
    assert 1 <= len(service.assertions) <= 4


def test_a_token_that_the_provider_refuses_is_dropped(google_at):
    service, kind = google_at()
    token_of(kind)

    authorizing.note_answer(kind, endpoint(), status=429)
    assert token_of(kind) == "ya29.token-number-1"
    authorizing.note_answer(kind, endpoint(), status=401)

    assert token_of(kind) == "ya29.token-number-2"
    assert len(service.assertions) == 2


def test_the_egress_policy_decides_about_the_token_service_too(google_at):
    service, kind = google_at()

    with pytest.raises(CallFailed) as failed:
        token_of(kind, client=Client(egress.Policy()))

    assert failed.value.error_class is ErrorClass.BLOCKED
    assert service.assertions == []


def test_neither_key_nor_token_is_logged_or_shown(google_at, caplog):
    _, kind = google_at()

    with caplog.at_level(logging.DEBUG):
        ready = authorizing.authorized(kind, CALL, endpoint(), CLIENT, at=NOW)

    told = caplog.text + repr(ready) + repr(endpoint()) + repr(kind)
    assert "ya29" not in told
    assert "PRIVATE KEY" not in told
    assert private_key().splitlines()[3] not in told


def _until(ask, wanted):
    """Ask until it is so, for some seconds: a thread of its own brings it about."""
    waiting = threading.Event()
    for _ in range(400):
        if ask() == wanted:
            return True
        waiting.wait(0.05)
    return False
