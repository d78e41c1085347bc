"""Streams through a running gateway, to whatever end they come."""

import json
import time
from decimal import Decimal
from http.client import IncompleteRead

import pytest

from gateway.bounds import Bounds
from gateway.streaming import EventRelay
from tests.gateway import upstream as up
from tests.gateway.records import KEY
from usage.models import UsageRecord


def only_row(gateway):
    gateway.settle()
    return UsageRecord.objects.get()


def test_a_stream_passes_and_the_usage_nobody_asked_for_stays_here(
    gateway, provider, token, upstream
):
    told = gateway.chat(token, stream=True)

    assert told.status == 200
    assert told.headers["content-type"].startswith("text/event-stream")
    assert told.words == "Hello"
    assert told.events[-1] == "[DONE]"
    assert "usage" not in told.body.decode()
    assert upstream.seen[0].json["stream_options"] == {"include_usage": True}


def test_a_client_that_asks_for_usage_gets_it(gateway, provider, token):
    told = gateway.chat(token, stream=True, stream_options={"include_usage": True})

    assert json.loads(told.events[-2])["usage"] == up.USAGE


def test_a_stream_leaves_one_line_with_the_providers_own_numbers(gateway, provider, token):
    told = gateway.chat(token, stream=True)

    row = only_row(gateway)
    assert row.public_id == told.headers["x-axiom-request-id"]
    assert (row.input_tokens, row.output_tokens) == (7, 3)
    assert row.cost == Decimal("0.000013")
    assert (row.outcome, row.status, row.streamed) == ("reported", 200, True)
    assert row.ttft_ms is not None
    assert row.ttft_ms <= row.latency_ms


def test_words_come_as_soon_as_the_provider_says_them(gateway, provider, token, upstream):
    held = up.Held()
    upstream.next.append(held)

    with gateway.streaming(token) as answer:
        first = answer.readline()
        held.go_on()
        rest = answer.read()

    assert b"Hel" in first
    assert b"lo" in rest
    assert rest.endswith(b"data: [DONE]\n\n")


def test_a_stream_that_reports_no_usage_is_estimated(gateway, provider, token, upstream):
    upstream.next.append(up.stream("Hello, ", "World!!!!"))

    gateway.chat(token, stream=True)

    row = only_row(gateway)
    assert (row.outcome, row.output_tokens) == ("estimated", 4)


def test_a_stream_that_breaks_ends_with_an_error_and_never_as_if_complete(
    gateway, provider, token, upstream
):
    upstream.next.append(up.stream("Hel", ends=False))

    told = gateway.chat(token, stream=True)

    assert told.words == "Hel"
    error = json.loads(told.events[-1])["error"]
    assert error["code"] == "provider_error"
    assert "closed the connection" in error["message"]
    assert "[DONE]" not in told.events
    row = only_row(gateway)
    assert (row.outcome, row.error_class, row.status) == ("partial", "provider_error", 200)
    assert row.output_tokens == 1


def test_half_an_event_before_the_break_is_not_passed_on(gateway, provider, token, upstream):
    async def behave(peer):
        await peer.send(up.EVENTS_HEAD)
        await peer.send_event(up.delta("Hel"))
        await peer.send_chunk(b'data: {"choices": [{"half')
        peer.cut()

    upstream.next.append(behave)

    told = gateway.chat(token, stream=True)

    assert b'{"half' not in told.body
    assert "error" in json.loads(told.events[-1])


def test_a_stream_without_framing_that_stops_short_counts_as_broken(
    gateway, provider, token, upstream
):
    event = b"data: " + json.dumps(up.delta("Hel")).encode() + b"\n\n"
    head = b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    upstream.next += [up.raw(head + event), up.raw(head + event + b"data: [DONE]\n\n")]

    broken, whole = gateway.chat(token, stream=True), gateway.chat(token, stream=True)

    assert "error" in json.loads(broken.events[-1])
    assert whole.events[-1] == "[DONE]"


def test_a_providers_own_error_in_the_stream_reaches_the_client_without_the_key(
    gateway, provider, token, upstream
):
    held = up.Held(rest=({"error": {"message": f"{KEY} ran dry", "code": 429}},))
    upstream.next.append(held)

    with gateway.streaming(token) as answer:
        answer.readline()
        held.go_on()
        rest = answer.read().decode()

    assert "ran dry" in rest
    assert KEY not in rest
    assert only_row(gateway).outcome == "partial"


def test_a_stream_that_fails_before_its_first_word_goes_to_the_fallback(
    gateway, provider, fallback, token, upstream
):
    async def behave(peer):
        await peer.send(up.EVENTS_HEAD)
        await peer.send_event({"error": {"message": "overloaded", "code": 529}})
        await peer.end()

    upstream.next += [behave, up.stream(ends=False)]

    first, second = gateway.chat(token, stream=True), gateway.chat(token, stream=True)

    for told in (first, second):
        assert told.words == "Hello"
        assert told.headers["x-axiom-provider"] == "spare-ai"
        assert told.headers["x-axiom-attempts"] == "2"


def test_a_client_that_leaves_a_stream_frees_the_provider(gateway, provider, token, upstream):
    upstream.next.append(up.Held())

    with gateway.streaming(token) as answer:
        answer.readline()

    upstream.wait_until(lambda server: server.left == 1)
    row = only_row(gateway)
    assert (row.outcome, row.error_class) == ("partial", "client_left")
    assert row.output_tokens == 1


def test_a_client_that_leaves_before_the_answer_frees_the_provider(
    gateway, provider, token, upstream
):
    upstream.next.append(up.silence)

    with gateway.connection() as connection:
        connection.request(
            "POST", "/v1/chat/completions", b"{}", {"authorization": f"Bearer {token}"}
        )
        upstream.wait_until(lambda server: len(server.seen) == 1)

    upstream.wait_until(lambda server: server.left == 1)
    row = only_row(gateway)
    assert (row.outcome, row.error_class, row.status) == ("partial", "client_left", 0)


def test_a_provider_that_falls_silent_in_the_middle_is_given_up(
    start_gateway, provider, token, upstream
):
    gateway = start_gateway(Bounds(between_chunks_s=0.2))
    upstream.next.append(up.Held())

    told = gateway.chat(token, stream=True)

    assert json.loads(told.events[-1])["error"]["code"] == "timeout"
    upstream.wait_until(lambda server: server.left == 1)


def test_a_stream_that_never_ends_is_ended(start_gateway, provider, token, upstream):
    async def behave(peer):
        await peer.send(up.EVENTS_HEAD)
        while True:
            await peer.send_event(up.delta("and on "))

    gateway = start_gateway(Bounds(whole_s=0.3))
    upstream.next.append(behave)

    told = gateway.chat(token, stream=True)

    assert json.loads(told.events[-1])["error"]["code"] == "timeout"


@pytest.mark.parametrize("reads", [False, True], ids=["nothing", "a byte at a time"])
def test_a_client_that_hardly_reads_makes_the_provider_wait_and_then_frees_it(
    start_gateway, provider, token, upstream, reads
):
    sent = 0

    async def behave(peer):
        nonlocal sent
        await peer.send(up.EVENTS_HEAD)
        while True:
            await peer.send_event(up.delta("x" * 65_536))
            sent += 65_536

    gateway = start_gateway(Bounds(unsent_s=1.0))
    upstream.next.append(behave)

    with gateway.streaming(token) as answer:
        while reads and not upstream.left:
            answer.read(1)
            time.sleep(0.05)
        upstream.wait_until(lambda server: server.left == 1)
        with pytest.raises((IncompleteRead, ConnectionError)):
            answer.read()

    assert sent < 40_000_000  # the sockets' own buffers, and a little of ours
    assert only_row(gateway).error_class == "client_left"


def test_a_fault_of_ours_in_the_middle_is_told_and_is_no_clean_end(
    gateway, provider, token, monkeypatch
):
    def fail(_relay):
        raise LookupError("a fault of ours")

    monkeypatch.setattr(EventRelay, "end", fail)

    with gateway.streaming(token) as answer, pytest.raises(IncompleteRead) as cut:
        answer.read()

    *_, last, rest = cut.value.partial.split(b"\n\n")
    assert json.loads(last.removeprefix(b"data: "))["error"]["code"] == "internal_error"
    assert rest == b""
    row = only_row(gateway)
    assert (row.outcome, row.error_class) == ("partial", "internal_error")


@pytest.mark.parametrize("stream", [True, False])
def test_a_provider_that_answers_a_stream_in_one_piece_is_passed_on(
    gateway, provider, token, upstream, stream
):
    upstream.next.append(up.answer(up.ANSWER))

    told = gateway.chat(token, stream=stream)

    assert told.json == up.ANSWER
    assert only_row(gateway).outcome == "reported"
