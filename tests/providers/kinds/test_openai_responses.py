import json

import pytest

from providers.kinds.dialects.openai_responses import OpenAIResponses
from providers.kinds.vocabulary import Endpoint, UnreadableAnswer, Usage

ENDPOINT = Endpoint("https://llm.example.com/v1", {"api_key": "k-1"})


def test_the_smallest_response_limits_its_answer_and_is_not_stored():
    request = OpenAIResponses().smallest_request(ENDPOINT, "gpt", max_tokens=16)

    body = json.loads(request.body)
    assert body.pop("input")
    assert body == {"model": "gpt", "max_output_tokens": 16, "store": False}
    assert request.url == "https://llm.example.com/v1/responses"


def test_a_clients_response_keeps_every_field_but_the_model():
    body = {"model": "default", "input": "hi", "store": True, "x_unknown": {"a": [1, None]}}

    request = OpenAIResponses().request(ENDPOINT, "gpt", body)

    assert json.loads(request.body) == body | {"model": "gpt"}
    assert body["model"] == "default"


def test_a_response_streams_with_the_clients_options_and_only_then():
    body = {"input": "hi", "stream": True, "stream_options": {"include_obfuscation": False}}

    streamed = OpenAIResponses().request(ENDPOINT, "gpt", body, stream=True)
    whole = OpenAIResponses().request(ENDPOINT, "gpt", body, stream=False)

    assert json.loads(streamed.body) == body | {"model": "gpt"}
    assert json.loads(whole.body) == {"input": "hi", "model": "gpt"}


def test_a_responses_text_is_that_of_its_messages_alone(make_answer):
    said = {"type": "message", "content": [{"type": "output_text", "text": text} for text in "OK"]}
    thought = {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "Hm."}]}
    body = {"output": [thought, said, {"type": "function_call", "name": "weather"}]}

    assert OpenAIResponses().read_answer(make_answer(body)).text == "OK"


def test_a_response_that_failed_shows_as_an_error(make_answer):
    failed = {"status": "failed", "error": {"code": "server_error", "message": "no"}, "output": []}

    with pytest.raises(UnreadableAnswer, match="with an error"):
        OpenAIResponses().read_answer(make_answer(failed))


def test_a_failed_responses_usage_is_read_from_its_event():
    usage = {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12}
    event = {"type": "response.failed", "response": {"error": {}, "usage": usage}}

    assert OpenAIResponses().usage_of_event(json.dumps(event).encode()) == Usage(9, 3)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param(
            {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 99}},
            Usage(0, 0, 9),
            id="more-cached-than-asked",
        ),
        pytest.param(
            {"output_tokens": 4, "output_tokens_details": {"reasoning_tokens": 9}},
            Usage(reasoning_tokens=4),
            id="more-reasoning-than-generated",
        ),
        pytest.param(
            {"input_tokens": 3, "output_tokens": 4, "total_tokens": 30},
            Usage(3, 4, 0, 0, 23),
            id="reasoning-only-in-the-total",
        ),
        pytest.param(
            {"input_tokens": None, "output_tokens": "7", "input_tokens_details": []},
            Usage(),
            id="no-numbers",
        ),
    ],
)
def test_odd_usage_of_a_response_never_counts_a_token_twice(usage, expected):
    assert OpenAIResponses().usage_of({"usage": usage}) == expected
