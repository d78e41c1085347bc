"""Format × stream × fault: what the client is told, and what the ledger keeps of it."""

import json

import pytest

from providers.kinds.vocabulary import Format
from tests.gateway.faults import STREAMED, WHOLE
from tests.gateway.speakers import ALL, CHAT, KEY, STREAMING
from usage.models import UsageRecord

AXIOM = ("x-axiom-request-id", "x-axiom-provider", "x-axiom-model", "x-axiom-attempts")
ENDS = (b"message_stop", b"response.completed", b"finishReason", b"[DONE]")


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
    if fault.status == 429:
        assert told.headers["retry-after"] == "7"
    if fault.is_late:
        last = json.loads(told.body.decode().strip().rpartition("data: ")[2])
        assert message_in(speaker, last)
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
    assert (row.ttft_ms is not None) == (streams and fault.status == 200)


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
