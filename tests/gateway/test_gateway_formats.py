"""Every format passes through as it is, whole and in events, and fails in its client's own form."""

import json
from decimal import Decimal

import pytest

from gateway.streaming import EventRelay
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Format
from tests.gateway import upstream as up
from tests.gateway.records import KEY
from tests.gateway.speakers import ALL, STREAMING, event
from usage.models import UsageRecord


def name_of(speaker):
    return speaker.format.value


def only_row(gateway):
    gateway.settle()
    return UsageRecord.objects.get()


@pytest.mark.parametrize("speaker", ALL, ids=name_of)
def test_a_whole_answer_passes_as_it_is(gateway, token, upstream, speaking, speaker):
    speaking(speaker)
    upstream.next.append(up.answer(speaker.whole))

    told = gateway.ask(token, speaker.path, speaker.asked | {"vendors_own": [1, None]})

    assert (told.status, told.json) == (200, speaker.whole)
    sent = upstream.seen[0].json
    assert sent["vendors_own"] == [1, None]
    assert sent.get("model", "upstream-model") == "upstream-model"
    row = only_row(gateway)
    assert (row.format, row.outcome, row.streamed) == (speaker.format.value, "reported", False)
    assert row.input_tokens + row.output_tokens == 10


@pytest.mark.parametrize("speaker", STREAMING, ids=name_of)
def test_a_stream_passes_as_it_is_and_its_usage_is_read(
    gateway, token, upstream, speaking, speaker
):
    speaking(speaker)
    upstream.next.append(speaker.flow(speaker.preamble, speaker.words, speaker.end))

    told = gateway.ask(token, *speaker.streaming())

    assert told.status == 200
    assert told.headers["content-type"].startswith("text/event-stream")
    assert told.body == speaker.events
    row = only_row(gateway)
    assert (row.outcome, row.streamed, row.input_tokens, row.output_tokens) == (
        "reported",
        True,
        7,
        3,
    )
    assert row.cost == Decimal("0.000013")
    assert row.ttft_ms is not None


@pytest.mark.parametrize("speaker", STREAMING, ids=name_of)
def test_before_the_first_word_the_fallback_takes_over(
    gateway, token, upstream, spare, speaking, speaker
):
    speaking(speaker, with_fallback=True)
    upstream.next.append(speaker.flow(speaker.preamble, ends=False))
    spare.next.append(speaker.flow(speaker.preamble, speaker.words, speaker.end))

    told = gateway.ask(token, *speaker.streaming())

    assert told.body == speaker.events
    assert told.headers["x-axiom-attempts"] == "2"


@pytest.mark.parametrize("speaker", STREAMING, ids=name_of)
def test_after_the_first_word_a_broken_stream_ends_with_an_error_and_never_cleanly(
    gateway, token, upstream, speaking, speaker
):
    speaking(speaker, with_fallback=True)
    upstream.next.append(speaker.flow(speaker.preamble, speaker.words, ends=False))

    told = gateway.ask(token, *speaker.streaming())

    last = json.loads(told.body.decode().strip().rpartition("data: ")[2])
    assert "closed the connection" in str(last.get("message") or last["error"]["message"])
    assert not any(
        sign in told.body for sign in (b"message_stop", b"response.completed", b"finishReason")
    )
    assert only_row(gateway).outcome == "partial"


@pytest.mark.parametrize("speaker", STREAMING, ids=name_of)
def test_an_error_inside_a_stream_is_passed_on_with_its_name_and_without_the_key(speaker):
    relay = EventRelay(
        KINDS[speaker.kind].dialect(speaker.format), hides_usage=False, secrets=[KEY]
    )
    error = {"type": "error", "error": {"type": "overloaded_error", "message": f"Busy {KEY}"}}

    silent = b"".join(relay.feed(event(*said)) for said in speaker.preamble)
    had_spoken = relay.has_spoken
    spoken = b"".join(relay.feed(event(*said)) for said in speaker.words)
    failed = relay.feed(event("error", error))

    assert (had_spoken, relay.has_spoken, relay.has_ended) == (False, True, False)
    assert silent + spoken == b"".join(event(*said) for said in (*speaker.preamble, *speaker.words))
    assert failed.startswith(b"event: error\ndata: ")
    assert KEY.encode() not in failed
    assert relay.failure.startswith("Busy")
    assert relay.answer_characters == len("Hello")


SHAPES = {
    Format.MESSAGES: lambda error: (error["type"], error["error"]["type"]),
    Format.GEMINI: lambda error: (error["error"]["code"], error["error"]["status"]),
    Format.RESPONSES: lambda error: (error["error"]["type"], error["error"]["code"]),
    Format.EMBEDDINGS: lambda error: (error["error"]["type"], error["error"]["code"]),
}
UNKNOWN_TOKEN = {
    Format.MESSAGES: ("error", "authentication_error"),
    Format.GEMINI: (401, "UNAUTHENTICATED"),
    Format.RESPONSES: ("invalid_request_error", "invalid_api_key"),
    Format.EMBEDDINGS: ("invalid_request_error", "invalid_api_key"),
}
REFUSED_CREDENTIAL = {
    Format.MESSAGES: ("error", "api_error"),
    Format.GEMINI: (502, "UNAVAILABLE"),
    Format.RESPONSES: ("server_error", "provider_credential_refused"),
    Format.EMBEDDINGS: ("server_error", "provider_credential_refused"),
}
NO_SUCH_MODEL = {
    Format.MESSAGES: ("error", "not_found_error"),
    Format.GEMINI: (404, "NOT_FOUND"),
    Format.RESPONSES: ("invalid_request_error", "model_not_found"),
    Format.EMBEDDINGS: ("invalid_request_error", "model_not_found"),
}


@pytest.mark.parametrize("speaker", ALL, ids=name_of)
def test_a_refusal_has_the_clients_own_form(gateway, token, upstream, speaking, speaker):
    speaking(speaker)
    shape = SHAPES[speaker.format]
    upstream.next.append(up.answer({"error": {"message": "no"}}, status=401))
    elsewhere = speaker.path.replace("default", "there/is-none")

    stranger = gateway.ask("axk_wrong", speaker.path, speaker.asked)
    refused = gateway.ask(token, speaker.path, speaker.asked)
    unknown = gateway.ask(token, elsewhere, speaker.asked | {"model": "there/is-none"})
    garbled = gateway.send("POST", speaker.path, token, "{")

    assert (stranger.status, shape(stranger.json)) == (401, UNKNOWN_TOKEN[speaker.format])
    assert (refused.status, shape(refused.json)) == (502, REFUSED_CREDENTIAL[speaker.format])
    assert "Near" in str(refused.json)
    assert (unknown.status, shape(unknown.json)) == (404, NO_SUCH_MODEL[speaker.format])
    assert garbled.status == 400
    assert "not valid JSON" in str(garbled.json)


GARBLED = {
    Format.MESSAGES: ("error", "invalid_request_error"),
    Format.GEMINI: (400, "INVALID_ARGUMENT"),
    Format.RESPONSES: ("invalid_request_error", "bad_http"),
    Format.EMBEDDINGS: ("invalid_request_error", "bad_http"),
}


@pytest.mark.parametrize("speaker", ALL, ids=name_of)
@pytest.mark.parametrize("waits", [False, True], ids=["at once", "later"])
def test_a_body_that_is_none_is_refused_in_the_clients_own_form(gateway, token, speaker, waits):
    with gateway.connection() as connection:
        connection.putrequest("POST", speaker.path)
        connection.putheader("authorization", f"Bearer {token}")
        connection.putheader("transfer-encoding", "chunked")
        if waits:
            connection.putheader("expect", "100-continue")
            connection.endheaders()
            assert connection.sock.recv(65_536).startswith(b"HTTP/1.1 100 ")
            connection.send(b"nonsense\r\n")
        else:
            connection.endheaders(b"nonsense\r\n")
        answer = connection.getresponse()
        error = json.loads(answer.read())

    assert answer.status == 400
    assert SHAPES[speaker.format](error) == GARBLED[speaker.format]
    assert "not a request in HTTP/1.1" in str(error)


@pytest.mark.parametrize("speaker", ALL, ids=name_of)
def test_a_limit_of_the_provider_comes_with_when_to_ask_again(
    gateway, token, upstream, speaking, speaker
):
    speaking(speaker)
    upstream.next.append(
        up.answer({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "7"})
    )

    told = gateway.ask(token, speaker.path, speaker.asked)

    assert (told.status, told.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize("speaker", ALL, ids=name_of)
def test_a_model_that_speaks_another_format_is_refused_by_name(gateway, provider, token, speaker):
    path = speaker.path.replace("default", "near-ai/upstream-model")

    told = gateway.ask(token, path, speaker.asked | {"model": "near-ai/upstream-model"})

    assert told.status == 400
    said = str(told.json)
    assert "near-ai/upstream-model" in said
    assert f"format {speaker.format.value}" in said
    assert "It speaks: chat" in said
