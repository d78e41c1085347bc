"""What a client is told, and the ledger keeps, when a provider fails."""

import asyncio

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import ApiKey
from gateway.bounds import Bounds
from tests import factories
from tests.gateway import upstream as up
from tests.gateway.records import KEY, routing_of
from usage.models import UsageRecord

PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
HTML = {"Content-Type": "text/html"}

MOVING = {
    "500": up.answer({"error": {"message": "boom"}}, status=500),
    "503 with a page": up.answer(PAGE, status=503, headers=HTML),
    "500 with a huge body": up.answer(b"x" * 8_000_000, status=500),
    "429": up.answer({"error": {"message": "slow down"}}, status=429),
    "hangs up": up.close,
    "a page instead of an answer": up.answer(PAGE, headers=HTML),
    "not HTTP": up.raw(b"220 smtp.example.com ESMTP\r\n\r\n"),
    "an answer cut short": up.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    "half JSON": up.answer(b'{"choices": ['),
    "a list": up.answer([]),
    "invalid UTF-8": up.answer(b'{"choices": "\xff\xfe"}'),
    "compressed unasked": up.answer(b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}),
    "a redirect": up.answer(b"", status=302, headers={"Location": "http://169.254.169.254/"}),
    "two lengths": up.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
}


def only_row(gateway):
    gateway.settle()
    return UsageRecord.objects.get()


@pytest.mark.parametrize("fault", MOVING.values(), ids=MOVING.keys())
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_failure_before_the_first_word_goes_to_the_fallback(
    gateway, fallback, token, upstream, fault, stream
):
    upstream.next.append(fault)

    told = gateway.chat(token, stream=stream)

    assert told.status == 200
    assert told.headers["x-axiom-provider"] == "spare-ai"
    assert told.headers["x-axiom-attempts"] == "2"
    row = only_row(gateway)
    assert (row.provider_name, row.attempts, row.outcome) == ("Spare AI", 2, "reported")


@pytest.mark.parametrize(
    "case",
    [
        (MOVING["500"], 502, "boom"),
        (MOVING["503 with a page"], 502, "502 Bad Gateway"),
        (MOVING["hangs up"], 502, "closed the connection"),
        (MOVING["a page instead of an answer"], 502, "web page"),
        (MOVING["not HTTP"], 502, "not in HTTP"),
        (MOVING["a redirect"], 502, "redirect"),
        (MOVING["429"], 429, "slow down"),
    ],
)
def test_without_a_fallback_the_client_is_told_who_failed_and_how(
    gateway, provider, token, upstream, case
):
    fault, status, words = case
    upstream.next.append(fault)

    told = gateway.chat(token)

    assert told.status == status
    assert "Near AI" in told.error["message"]
    assert words in told.error["message"]
    assert told.headers["x-axiom-attempts"] == "1"
    assert told.headers["x-axiom-provider"] == "near-ai"
    row = only_row(gateway)
    assert row.status == status
    assert row.error_class
    assert row.cost == 0


def test_when_everybody_fails_the_last_failure_is_told(gateway, fallback, token, upstream, spare):
    upstream.next.append(MOVING["500"])
    spare.next.append(
        up.answer({"error": {"message": "dry"}}, status=429, headers={"Retry-After": "7"})
    )

    told = gateway.chat(token)

    assert told.status == 429
    assert told.headers["retry-after"] == "7"
    assert told.error["message"].startswith("2 models were tried.")
    assert "Spare AI" in told.error["message"]
    assert only_row(gateway).attempts == 2


@pytest.mark.parametrize(
    ("first", "last", "told_s"), [("7", "60", "7"), ("60", "7", "7"), ("7", None, "7")]
)
def test_the_shortest_wait_of_all_attempts_is_told(  # noqa: PLR0913, PLR0917 - a table
    gateway, fallback, token, upstream, spare, first, last, told_s
):
    for server, wait in ((upstream, first), (spare, last)):
        headers = {"Retry-After": wait} if wait else {}
        server.next.append(up.answer({"error": {"message": "dry"}}, status=429, headers=headers))

    told = gateway.chat(token)

    assert (told.status, told.headers["retry-after"]) == (429, told_s)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_never_a_401_of_ours(
    gateway, provider, fallback, token, upstream, status
):
    error = {"error": {"message": f"Incorrect API key provided: {KEY}"}}
    upstream.next.append(up.answer(error, status=status))

    told = gateway.chat(token)

    assert told.status == 502
    assert told.error["code"] == "provider_credential_refused"
    assert "Near AI" in told.error["message"]
    assert KEY not in told.body.decode()
    assert told.headers["x-axiom-attempts"] == "1"


def test_what_is_wrong_with_the_request_comes_back_in_the_providers_words(
    gateway, fallback, token, upstream
):
    error = {"error": {"message": f"max_tokens is too large ({KEY})", "param": "max_tokens"}}
    upstream.next.append(up.answer(error, status=400))

    told = gateway.chat(token)

    assert told.status == 400
    assert told.error["param"] == "max_tokens"
    assert "max_tokens is too large" in told.error["message"]
    assert KEY not in told.body.decode()
    assert told.headers["x-axiom-attempts"] == "1"
    assert only_row(gateway).error_class == "bad_request"


def test_a_refusal_that_is_no_openai_error_is_put_into_one(gateway, provider, token, upstream):
    upstream.next.append(up.answer(b"nope", status=422))

    told = gateway.chat(token)

    assert told.status == 422
    assert "nope" in told.error["message"]


def test_a_provider_that_can_not_be_reached_is_named_with_its_address(
    gateway, provider, token, upstream
):
    upstream.stop()

    told = gateway.chat(token)

    assert told.status == 502
    assert "Near AI" in told.error["message"]
    assert f"127.0.0.1:{upstream.port}" in told.error["message"]


def test_a_provider_that_says_nothing_is_given_up_and_left(
    start_gateway, provider, token, upstream
):
    gateway = start_gateway(Bounds(first_byte_s=0.2))
    upstream.next.append(up.silence)

    told = gateway.chat(token)

    assert (told.status, told.error["code"]) == (504, "provider_timeout")
    assert "Near AI" in told.error["message"]
    upstream.wait_until(lambda server: server.left == 1)


DROPS = {
    "a whole answer": (up.WHOLE_HEAD, b" "),
    "a stream without a word": (up.EVENTS_HEAD, b": wait\n\n"),
}


@pytest.mark.usefixtures("fallback")
@pytest.mark.parametrize("name", DROPS)
def test_an_answer_that_comes_in_drops_for_ever_is_given_up_and_nobody_else_asked(
    start_gateway, token, upstream, spare, name
):
    head, drop = DROPS[name]

    async def drip(peer):
        await peer.send(head)
        while True:
            await peer.send_chunk(drop)
            await asyncio.sleep(0.02)

    gateway = start_gateway(Bounds(whole_s=0.4))
    upstream.next.append(drip)

    told = gateway.chat(token, stream=head == up.EVENTS_HEAD)

    assert (told.status, told.error["code"]) == (504, "provider_timeout")
    upstream.wait_until(lambda server: server.left == 1)
    assert spare.seen == []


def test_no_more_are_asked_than_may_be(start_gateway, provider, fallback, token, upstream, spare):
    gateway = start_gateway(Bounds(most_attempts=1))
    upstream.next.append(up.answer({}, status=503))

    assert gateway.chat(token).status == 502
    assert spare.seen == []


def test_a_key_that_is_revoked_during_an_attempt_makes_no_further_one(
    gateway, provider, fallback, token, upstream, spare
):
    def revoke_it():
        key = ApiKey.objects.with_token(token).get()
        key.revoke(by=key.created_by, at=timezone.now())
        connections.close_all()  # those of this thread: the next one may be another

    async def revoke(peer):
        await asyncio.to_thread(revoke_it)
        await up.answer({}, status=503)(peer)

    upstream.next.append(revoke)

    assert gateway.chat(token).status == 401
    assert spare.seen == []


def test_an_answer_beyond_the_limit_is_given_up(start_gateway, provider, token, upstream):
    async def behave(peer):
        await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await peer.send_chunk(b"x" * 65_536)

    gateway = start_gateway(Bounds(most_answer_bytes=2_097_152))
    upstream.next.append(behave)

    told = gateway.chat(token)

    assert told.status == 502
    assert "more than 2 MB" in told.error["message"]
    upstream.wait_until(lambda server: server.left == 1)


def test_an_address_that_may_not_be_called_is_never_called(gateway, provider, token, upstream):
    provider.base_url = f"http://10.1.2.3:{upstream.port}/v1"
    provider.save(update_fields=["base_url"])

    told = gateway.chat(token)

    assert (told.status, told.error["code"]) == (502, "provider_address_refused")
    assert "private address" in told.error["message"]
    assert upstream.seen == []


def test_a_kind_that_does_not_speak_chat_names_what_it_speaks(gateway, aurora, token):
    claude = factories.make_provider(aurora, name="Claude", kind="anthropic", models=("opus",))
    routing_of(aurora).set_active(claude.default_model)

    told = gateway.chat(token)

    assert told.status == 400
    for word in ("claude/opus", "Anthropic", "chat", "messages"):
        assert word in told.error["message"]


def test_a_model_that_fails_in_a_row_is_left_alone(gateway, fallback, token, upstream):
    upstream.next += [MOVING["500"]] * 3
    for _ in range(3):
        gateway.chat(token)

    told = gateway.chat(token)

    assert told.headers["x-axiom-attempts"] == "1"
    assert told.headers["x-axiom-provider"] == "spare-ai"
    assert len(upstream.seen) == 3


def test_a_server_without_tls_behind_https_is_told_as_such(gateway, provider, token, upstream):
    provider.base_url = f"https://127.0.0.1:{upstream.port}/v1"
    provider.save(update_fields=["base_url"])

    told = gateway.chat(token)

    assert told.status == 502
    assert "TLS" in told.error["message"]
