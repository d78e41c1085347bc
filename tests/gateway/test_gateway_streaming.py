import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.streaming import EventRelay
from providers.kinds.dialects.anthropic_messages import AnthropicMessages
from providers.kinds.dialects.openai_chat import OpenAIChat
from providers.kinds.dialects.sse import MOST_EVENT_BYTES, EventTooLarge
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Usage
from tests.gateway import speakers
from tests.gateway.speakers import MESSAGES, STREAMING

DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def word(text):
    return event({"choices": [{"index": 0, "delta": {"content": text}}]})


def event(content):
    return b"data: " + json.dumps(content).encode() + b"\n\n"


def make_relay(*, hides_usage=False, secrets=()):
    return EventRelay(OpenAIChat(), hides_usage=hides_usage, secrets=secrets)


STREAM = word("Hel") + word("lo") + event({"choices": [], "usage": USAGE}) + DONE


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_a_stream_passes_unchanged_wherever_it_is_cut(places):
    relay = make_relay()
    edges = [0, *sorted(places), len(STREAM)]

    passed = b"".join(relay.feed(STREAM[start:end]) for start, end in pairwise(edges))

    assert passed == STREAM
    assert relay.usage == Usage(input_tokens=7, output_tokens=3)
    assert relay.answer_characters == 5
    assert relay.has_ended
    assert not relay.failure


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_half_an_event_is_never_sent(places):
    relay = make_relay()
    edges = [0, *sorted(places)]

    passed = b"".join(relay.feed(STREAM[start:end]) for start, end in pairwise(edges))

    assert STREAM.startswith(passed)
    assert not passed or passed.endswith(b"\n\n")


def test_the_usage_event_stays_here_for_a_client_that_did_not_ask():
    relay = make_relay(hides_usage=True)

    passed = relay.feed(STREAM)

    assert passed == word("Hel") + word("lo") + DONE
    assert relay.usage == Usage(input_tokens=7, output_tokens=3)


def test_usage_beside_words_passes_with_them():
    last = event({"choices": [{"delta": {"content": "!"}}], "usage": USAGE})
    relay = make_relay(hides_usage=True)

    assert relay.feed(last) == last
    assert relay.usage == Usage(input_tokens=7, output_tokens=3)


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
def test_other_line_ends_count_as_well(line_end):
    stream = STREAM.replace(b"\n", line_end)
    relay = make_relay()

    assert relay.feed(stream) == stream
    assert relay.usage is not None
    assert relay.has_ended


def test_comments_pass_at_once():
    relay = make_relay()

    assert relay.feed(b": OPENROUTER PROCESSING\n\n") == b": OPENROUTER PROCESSING\n\n"


def test_a_last_event_without_its_blank_line_is_still_passed():
    relay = make_relay()
    relay.feed(word("Hello"))

    assert relay.feed(b"data: [DONE]") == b""
    assert relay.end() == b"data: [DONE]\n\n"
    assert relay.has_ended


@pytest.mark.parametrize(
    "half",
    [
        b'data: {"choices": [{"delta": {"content": "wo',
        b"data: [DON",
        b"data:",
        b"dat",
        b"event: err",
    ],
)
def test_half_an_event_at_the_end_is_dropped(half):
    relay = make_relay()
    relay.feed(word("Hello") + half)

    assert relay.end() == b""
    assert not relay.has_ended


def test_words_that_look_like_the_end_are_not_it():
    relay = make_relay()

    relay.feed(word("data: [DONE]") + word('"finish_reason": "stop"'))

    assert not relay.has_ended


@pytest.mark.parametrize(("reason", "has_ended"), [("stop", True), (None, False), ("", False)])
def test_a_server_that_never_says_done_has_ended_when_its_model_stopped(reason, has_ended):
    relay = make_relay()

    relay.feed(event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))

    assert relay.has_ended is has_ended


STOPPED = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
BESIDE_WORDS = {"choices": [{"index": 0, "delta": {"content": "!"}}], "usage": USAGE}


@pytest.mark.parametrize(
    ("events", "has_counted"),
    [
        ([{"choices": [], "usage": USAGE}], True),
        ([STOPPED | {"usage": USAGE}], True),
        ([STOPPED, BESIDE_WORDS], True),  # as OpenRouter does it
        ([BESIDE_WORDS], False),  # as some count while they speak
        ([BESIDE_WORDS, STOPPED], False),
        ([STOPPED], False),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_usage_is_the_whole_answers_only_at_its_end(events, has_counted, at_once):
    relay = make_relay()
    chunks = [event(one) for one in events]

    for chunk in [b"".join(chunks)] if at_once else chunks:
        relay.feed(chunk)

    assert relay.has_counted is has_counted


@pytest.mark.parametrize("speaker", STREAMING, ids=lambda speaker: speaker.format.value)
@pytest.mark.parametrize("at_once", [True, False])
def test_each_format_has_ended_and_counted_with_its_own_last_events(speaker, at_once):
    dialect = KINDS[speaker.kind].dialect(speaker.format)
    relay = EventRelay(dialect, hides_usage=False, secrets=())
    parts = [speaker.preamble + speaker.words, speaker.end]
    chunks = [b"".join(speakers.event(*said) for said in part) for part in parts]

    if not at_once:
        relay.feed(chunks[0])
        assert (relay.has_ended, relay.has_counted) == (False, False)
    relay.feed(b"".join(chunks) if at_once else chunks[1])

    assert (relay.has_ended, relay.has_counted) == (True, True)
    assert relay.usage == Usage(input_tokens=7, output_tokens=3)


def test_a_message_whose_last_events_do_not_count_was_counted_by_nobody():
    relay = EventRelay(AnthropicMessages(), hides_usage=False, secrets=())
    silent = [
        {name: said for name, said in content.items() if name != "usage"}
        for _, content in MESSAGES.end
    ]

    spoken = b"".join(speakers.event(*said) for said in (*MESSAGES.preamble, *MESSAGES.words))
    relay.feed(spoken + b"".join(map(event, silent)))

    assert (relay.has_ended, relay.has_counted) == (True, False)
    assert relay.usage == Usage(input_tokens=7, output_tokens=1)


def test_a_providers_own_error_event_passes_without_the_credential():
    key = "sk-verysecretkey0123456789"
    relay = make_relay(secrets=(key,))

    passed = relay.feed(event({"error": {"message": f"{key} is over its limit", "code": 429}}))

    assert key.encode() not in passed
    assert b"is over its limit" in passed
    assert passed.endswith(b"\n\n")
    assert "is over its limit" in relay.failure
    assert key not in relay.failure


def test_an_event_without_end_is_refused():
    relay = make_relay()

    with pytest.raises(EventTooLarge):
        relay.feed(b"data: " + b"x" * (MOST_EVENT_BYTES + 1))


def test_texts_of_tool_calls_and_reasoning_count_as_answer():
    relay = make_relay()

    relay.feed(
        event({"choices": [{"delta": {"reasoning_content": "hm", "content": 'né"e'}}]})
        + event({"choices": [{"delta": {"tool_calls": [{"function": {"arguments": "{}"}}]}}]})
    )

    assert relay.answer_characters >= len("hm") + len("{}") + 4


def test_an_error_that_is_nested_without_end_is_passed_as_far_as_it_can_be_written():
    deep = json.loads("[" * 400 + "]" * 400)
    relay = make_relay()

    passed = relay.feed(event({"error": {"message": "too deep", "more": deep}}))

    assert json.loads(passed.removeprefix(b"data: "))["error"]["message"] == "too deep"
    assert relay.failure == "too deep"


def test_an_error_of_megabytes_is_cut_and_told_by_its_first_words():
    relay = make_relay()

    passed = relay.feed(event({"error": {"message": "It broke. " * 500_000, "code": 500}}))

    assert len(passed) < 10_000
    assert json.loads(passed.removeprefix(b"data: "))["error"]["code"] == 500
    assert relay.failure.startswith("It broke. It broke.")
