"""Format × stream × fault: what the client is told, and what the ledger keeps of it."""

import json
from contextlib import contextmanager

import pytest

from gateway.estimates import estimated
from providers.kinds.vocabulary import Format
from tests.gateway import upstream as up
from tests.gateway.faults import STREAMED, WHOLE
from tests.gateway.speakers import ALL, CHAT, KEY, STREAMING, event
from usage.models import UsageRecord

AXIOM = ("x-axiom-request-id", "x-axiom-provider", "x-axiom-model", "x-axiom-attempts")
ENDS = (b"message_stop", b"response.completed", b"finishReason", b"[DONE]")

FAILURES = {
    Format.CHAT: {"error": {"message": "Out of breath", "code": 529}},
    Format.RESPONSES: {"type": "error", "code": "server_error", "message": "Out of breath"},
    Format.MESSAGES: {"type": "error", "error": {"type": "x", "message": "Out of breath"}},
    Format.GEMINI: {"error": {"code": 503, "message": "Out of breath", "status": "UNAVAILABLE"}},
}


def name_of(speaker):
    return speaker.format.value


def message_in(speaker, error):
    """Read an error as the format's own clients do."""
    if speaker.format is Format.MESSAGES:
        assert error["type"] == "error"
    if speaker.format is Format.GEMINI:
        assert isinstance(error["error"]["code"], int)
        assert error["error"]["status"]
    said = error if error.get("type") == "error" and "message" in error else error["error"]
    return said["message"]


def check_client(speaker, fault, told, *, streams):
    assert told.status == fault.status
    assert all(told.headers.get(name) for name in AXIOM)
    assert KEY.encode() not in told.body
    assert told.headers.get("retry-after") == fault.retry_after
    if fault.is_late:
        last = json.loads(told.body.decode().strip().rpartition("data: ")[2])
        assert fault.words in message_in(speaker, last)
        assert not any(sign in told.body for sign in ENDS)
    elif fault.error_class:
        assert fault.words in message_in(speaker, told.json)
    else:
        assert b"Hello" in told.body or speaker.format is Format.EMBEDDINGS
        assert told.headers["content-type"].startswith(
            "text/event-stream" if streams else "application/json"
        )


def check_row(speaker, fault, row, *, streams):
    assert (row.status, row.error_class, row.outcome) == (
        fault.status,
        fault.error_class,
        fault.outcome,
    )
    assert (row.format, row.streamed, row.attempts) == (speaker.format.value, streams, 1)
    if fault.outcome == "reported":
        assert row.input_tokens + row.output_tokens == 10
        assert row.cost > 0
    elif streams and fault.status == 200:
        check_seen(speaker, row)
    assert (row.ttft_ms is not None) == (streams and fault.status == 200)


def check_seen(speaker, row):
    """Check the tokens of a stream that was not counted to its end: never less than has passed."""
    guess = estimated(speaker.asked, answer_characters=len("Hello"))
    tells_prompt_first = speaker.format is Format.MESSAGES
    assert row.input_tokens == (7 if tells_prompt_first else guess.input_tokens)
    assert row.output_tokens == guess.output_tokens == 2
    assert row.cost > 0


@pytest.mark.parametrize(
    ("speaker", "streams"),
    [
        *(pytest.param(one, False, id=f"{name_of(one)} whole") for one in (CHAT, *ALL)),
        *(pytest.param(one, True, id=f"{name_of(one)} stream") for one in (CHAT, *STREAMING)),
    ],
)
def test_each_fault_has_one_outcome_for_the_client_and_one_row(
    gateway, token, upstream, speaking, speaker, streams
):
    speaking(speaker)
    path, body = speaker.streaming() if streams else (speaker.path, speaker.asked)
    told = {}

    for fault in STREAMED if streams else WHOLE:
        upstream.next.append(fault.behave(speaker))
        told[fault.name] = fault, gateway.ask(token, path, body)
    gateway.settle()

    rows = {row.public_id: row for row in UsageRecord.objects.all()}
    assert len(rows) == len(told)
    for fault, answer in told.values():
        row = rows[answer.headers["x-axiom-request-id"]]
        try:
            check_client(speaker, fault, answer, streams=streams)
            check_row(speaker, fault, row, streams=streams)
        except (AssertionError, KeyError, ValueError) as error:
            seen = (answer.status, answer.body[-200:], row.status, row.error_class, row.outcome)
            error.add_note(f"{fault.name}: {seen}")
            raise


@contextmanager
def asking(gateway, token, path, body):
    """Ask; the client leaves at the end of the block."""
    with gateway.connection() as connection:
        fields = {"authorization": f"Bearer {token}"}
        connection.request("POST", path, json.dumps(body), fields)
        yield connection


@contextmanager
def hearing(gateway, token, speaker):
    """Ask for a stream and hear its first word."""
    with asking(gateway, token, *speaker.streaming()) as connection:
        answer = connection.getresponse()
        while b"Hello" not in answer.readline():
            pass
        yield answer
        answer.close()


def held_after_words(speaker, *rest):
    """Say the first words, and the rest when told."""
    spoken = b"".join(event(*said) for said in (*speaker.preamble, *speaker.words))
    return up.Held(spoken, rest)


def only_row(gateway):
    gateway.settle()
    return UsageRecord.objects.get()


@pytest.mark.parametrize("speaker", [CHAT, *STREAMING], ids=name_of)
def test_a_providers_error_after_the_first_word_is_passed_on_and_what_had_passed_is_kept(
    gateway, token, upstream, speaking, speaker
):
    speaking(speaker)
    held = held_after_words(speaker, FAILURES[speaker.format])
    upstream.next.append(held)

    with hearing(gateway, token, speaker) as answer:
        held.go_on()
        rest = answer.read()

    last = json.loads(rest.decode().strip().rpartition("data: ")[2])
    assert message_in(speaker, last) == "Out of breath"
    assert not any(sign in rest for sign in ENDS)
    row = only_row(gateway)
    assert (row.status, row.error_class, row.outcome) == (200, "provider_error", "partial")
    check_seen(speaker, row)


@pytest.mark.parametrize("speaker", [CHAT, *STREAMING], ids=name_of)
def test_a_client_that_leaves_in_the_middle_pays_for_what_had_passed(
    gateway, token, upstream, speaking, speaker
):
    speaking(speaker)
    upstream.next.append(held_after_words(speaker))

    with hearing(gateway, token, speaker):
        pass

    upstream.wait_until(lambda server: server.left == 1)
    row = only_row(gateway)
    assert (row.status, row.error_class, row.outcome) == (200, "client_left", "partial")
    check_seen(speaker, row)


@pytest.mark.parametrize("speaker", [CHAT, *ALL], ids=name_of)
def test_a_client_that_leaves_before_the_answer_pays_for_what_was_asked(
    gateway, token, upstream, speaking, speaker
):
    speaking(speaker)
    upstream.next.append(up.silence)

    with asking(gateway, token, speaker.path, speaker.asked):
        upstream.wait_until(lambda server: len(server.seen) == 1)

    upstream.wait_until(lambda server: server.left == 1)
    row = only_row(gateway)
    guess = estimated(speaker.asked, answer_characters=0)
    assert (row.status, row.error_class, row.outcome) == (0, "client_left", "partial")
    assert (row.input_tokens, row.output_tokens) == (guess.input_tokens, 0)
    assert row.cost > 0
