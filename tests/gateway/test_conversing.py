"""What events of each format say, beside what the suite's speakers say of it."""

import json

import pytest

from gateway.formats.conversing import (
    CONVERSING,
    Conversation,
    Heard,
    Said,
    Speaker,
    asking,
    heard,
)
from providers.kinds.vocabulary import Format

WORDLESS = "The stream ended with an error that has no words."
SAID = (
    Said(Speaker.USER, "One"),
    Said(Speaker.ASSISTANT, "Two"),
    Said(Speaker.USER, "Three"),
)


@pytest.mark.parametrize(
    ("wire_format", "payload", "told"),
    [
        (Format.CHAT, b"[DONE]", Heard()),
        (Format.CHAT, b"[]", Heard()),
        (Format.CHAT, b'{"choices": []}', Heard()),
        (Format.CHAT, b'{"choices": [{"delta": {"role": "assistant"}}]}', Heard()),
        (Format.CHAT, b'{"choices": [{"delta": {"content": null}}]}', Heard()),
        (Format.CHAT, b'{"error": {"message": "Broke"}}', Heard(failure="Broke")),
        (Format.CHAT, b'{"error": "Broke"}', Heard(failure="Broke")),
        (
            Format.MESSAGES,
            b'{"type": "content_block_delta", "delta": {"thinking": "Hm"}}',
            Heard(),
        ),
        (
            Format.MESSAGES,
            b'{"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}',
            Heard(failure="Busy"),
        ),
        (Format.RESPONSES, b'{"type": "response.other.delta", "delta": "{"}', Heard()),
        (
            Format.RESPONSES,
            b'{"type": "response.failed", "response": {"error": {"message": "Gone"}}}',
            Heard(failure="Gone"),
        ),
        (Format.RESPONSES, b'{"type": "error", "message": "Bad"}', Heard(failure="Bad")),
        (
            Format.GEMINI,
            b'{"candidates":[{"content":{"parts":[{"text": "H", "thought": 1}, {"text": "A"}]}}]}',
            Heard("A"),
        ),
        (Format.GEMINI, b'{"candidates": [{"finishReason": "STOP"}]}', Heard()),
        (Format.GEMINI, b'{"error": {"code": 503}}', Heard(failure=WORDLESS)),
    ],
)
def test_an_event_says(wire_format, payload, told):
    assert heard(wire_format, payload) == told


@pytest.mark.parametrize("wire_format", CONVERSING)
def test_every_format_carries_all_that_was_said(wire_format):
    path, body = asking(wire_format, Conversation("a/b c", SAID, "Be short."))

    written = body.decode() + path
    for words in ("One", "Two", "Three", "Be short."):
        assert words in written
    assert "system" not in asking(wire_format, Conversation("a", SAID)).body.decode()


def test_a_models_name_is_written_into_geminis_path():
    path, _ = asking(Format.GEMINI, Conversation("near-ai/some model", SAID))

    assert path == "/v1beta/models/near-ai%2Fsome%20model:streamGenerateContent?alt=sse"


def test_the_speakers_are_those_of_each_format():
    fields = json.loads(asking(Format.GEMINI, Conversation("", SAID)).body)

    assert [turn["role"] for turn in fields["contents"]] == ["user", "model", "user"]
