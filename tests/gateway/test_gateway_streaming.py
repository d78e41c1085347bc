import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.streaming import EventRelay
from providers.kinds.dialects.openai_chat import OpenAIChat
from providers.kinds.dialects.sse import MOST_EVENT_BYTES, EventTooLarge
from providers.kinds.vocabulary import Usage

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


def test_words_that_look_like_the_end_are_not_it():
    relay = make_relay()

    relay.feed(word("data: [DONE]"))

    assert not relay.has_ended


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
