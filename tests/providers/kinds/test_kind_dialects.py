import json

import pytest

from providers.kinds.dialects import openai_usage
from providers.kinds.dialects.anthropic_messages import AnthropicMessages
from providers.kinds.dialects.bedrock_converse import BedrockConverse
from providers.kinds.dialects.gemini import Gemini, GeminiEmbeddings
from providers.kinds.dialects.openai_chat import OpenAIChat
from providers.kinds.dialects.openai_embeddings import OpenAIEmbeddings
from providers.kinds.dialects.openai_responses import OpenAIResponses
from providers.kinds.errors import classify_unreadable
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Endpoint, ErrorClass, Format, UnreadableAnswer, Usage

ENDPOINT = Endpoint("https://llm.example.com/v1", {"api_key": "k-1"})
DIALECTS = [
    OpenAIChat(),
    OpenAIResponses(),
    OpenAIEmbeddings(),
    AnthropicMessages(),
    Gemini(),
    GeminiEmbeddings(),
]
MESSAGES = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("openai", "max_completion_tokens"),
        ("xai", "max_completion_tokens"),
        ("groq", "max_completion_tokens"),
        ("mistral", "max_tokens"),
        ("custom", "max_tokens"),
        ("ollama", "max_tokens"),
    ],
)
@pytest.mark.parametrize(("is_reasoning", "ceiling"), [(False, 16), (True, 1024)])
def test_the_smallest_chat_limits_its_answer_in_the_vendors_words(
    slug, name, is_reasoning, ceiling
):
    kind = KINDS[slug]

    request = kind.smallest_request(
        kind.endpoint(base_url="https://x.example/v1"),
        "m",
        model_kind="chat",
        is_reasoning=is_reasoning,
    )

    body = json.loads(request.body)
    assert body.pop("messages")[0]["role"] == "user"
    assert body == {"model": "m", name: ceiling}


def test_the_smallest_message_limits_its_answer():
    request = AnthropicMessages().smallest_request(ENDPOINT, "claude", max_tokens=16)

    body = json.loads(request.body)
    assert (body["model"], body["max_tokens"], body["stream"]) == ("claude", 16, False)
    assert request.headers["anthropic-version"] == "2023-06-01"


def test_the_smallest_gemini_call_limits_its_answer_and_names_no_model_in_its_body():
    request = Gemini().smallest_request(ENDPOINT, "gemini-3-flash", max_tokens=1024)

    body = json.loads(request.body)
    assert body["generationConfig"] == {"maxOutputTokens": 1024}
    assert "model" not in body
    assert request.headers["x-goog-api-key"] == "k-1"


def test_the_smallest_embedding_is_one_word():
    openai = OpenAIEmbeddings().smallest_request(ENDPOINT, "m", max_tokens=16)
    gemini = GeminiEmbeddings().smallest_request(ENDPOINT, "m", max_tokens=16)

    assert json.loads(openai.body) == {"model": "m", "input": "OK"}
    assert json.loads(gemini.body) == {"content": {"parts": [{"text": "OK"}]}}
    assert gemini.url.endswith("/models/m:embedContent")


def test_a_clients_chat_keeps_every_field_but_the_model():
    body = {"model": "default", "messages": MESSAGES, "x_unknown": {"a": [1, None]}}

    request = OpenAIChat().request(ENDPOINT, "gpt-5.2", body)

    assert json.loads(request.body) == body | {"model": "gpt-5.2"}
    assert body["model"] == "default"


def test_a_streamed_chat_asks_for_its_usage():
    body = {"messages": MESSAGES, "stream_options": {"include_obfuscation": False}}

    request = OpenAIChat().request(ENDPOINT, "m", body, stream=True)

    sent = json.loads(request.body)
    assert sent["stream"] is True
    assert sent["stream_options"] == {"include_obfuscation": False, "include_usage": True}


@pytest.mark.parametrize("slug", ["mistral", "cohere"])
def test_a_server_that_refuses_stream_options_gets_none(slug):
    kind = KINDS[slug]
    body = {"messages": MESSAGES, "stream_options": {"include_usage": True}}

    request = kind.dialect(Format.CHAT).request(kind.endpoint(), "m", body, stream=True)

    assert json.loads(request.body) == {"model": "m", "messages": MESSAGES, "stream": True}


def test_a_chat_that_does_not_stream_has_no_streaming_fields():
    body = {"messages": MESSAGES, "stream": True, "stream_options": {"include_usage": True}}

    request = OpenAIChat().request(ENDPOINT, "m", body, stream=False)

    assert json.loads(request.body) == {"model": "m", "messages": MESSAGES}


def test_a_streamed_gemini_call_has_its_own_address():
    request = Gemini().request(ENDPOINT, "m", {"contents": []}, stream=True)

    assert request.url == "https://llm.example.com/v1/models/m:streamGenerateContent?alt=sse"


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: type(dialect).__name__)
def test_bytes_travel_as_they_are(dialect):
    assert dialect.request(ENDPOINT, "m", b'{"raw": 1}', stream=True).body == b'{"raw": 1}'


@pytest.mark.parametrize(
    ("model_id", "path"),
    [
        ("gemini-3-flash", "/models/gemini-3-flash:generateContent"),
        ("models/gemini-3-flash", "/models/gemini-3-flash:generateContent"),
        ("../../evil?x=1#y", "/models/..%2F..%2Fevil%3Fx%3D1%23y:generateContent"),
        ("a b{c}", "/models/a%20b%7Bc%7D:generateContent"),
    ],
)
def test_a_models_id_stays_one_segment_of_the_path(model_id, path):
    assert Gemini().request(ENDPOINT, model_id, {}).url == f"{ENDPOINT.base_url}{path}"


def test_an_anthropic_base_url_may_end_in_v1():
    for base_url in ("https://llm.example.com", "https://llm.example.com/v1"):
        request = AnthropicMessages().request(Endpoint(base_url), "m", {})
        assert request.url == "https://llm.example.com/v1/messages"


def ended(dialect, why, text):
    """Give an answer with a text, or with none where it is empty, that ended for a reason."""
    said = [{"text": text, "type": "output_text"}] if text else []
    return {
        OpenAIChat: {"choices": [{"message": {"content": text}, "finish_reason": why}]},
        OpenAIResponses: {
            "output": [{"type": "message", "content": said}],
            "incomplete_details": {"reason": why},
        },
        Gemini: {"candidates": [{"content": {"parts": said}, "finishReason": why}]},
        AnthropicMessages: {"content": said, "stop_reason": why},
        BedrockConverse: {"output": {"message": {"content": said}}, "stopReason": why},
    }[dialect]


@pytest.mark.parametrize(
    ("dialect", "limit", "end"),
    [
        (OpenAIChat, "length", "stop"),
        (OpenAIResponses, "max_output_tokens", None),
        (Gemini, "MAX_TOKENS", "STOP"),
        (AnthropicMessages, "max_tokens", "end_turn"),
        (BedrockConverse, "max_tokens", "end_turn"),
    ],
)
@pytest.mark.parametrize("text", ["", "OK"])
def test_an_answer_that_ended_at_its_limit_is_cut(make_answer, dialect, limit, end, text):
    cut, whole = (
        dialect().read_answer(make_answer(ended(dialect, why, text))) for why in (limit, end)
    )

    assert (cut.text, cut.is_cut) == (text, True)
    assert (whole.text, whole.is_cut) == (text, False)


def test_a_blocked_prompt_is_said_to_be_blocked_and_is_no_fault_of_the_provider(make_answer):
    answer = make_answer({"promptFeedback": {"blockReason": "SAFETY"}})

    with pytest.raises(UnreadableAnswer, match="SAFETY") as blocked:
        Gemini().read_answer(answer)

    failure = classify_unreadable("Google", answer, blocked.value, secrets=())
    assert failure.error_class is ErrorClass.BAD_REQUEST


def test_an_embedding_without_a_vector_is_unreadable(make_answer):
    with pytest.raises(UnreadableAnswer, match="embedding"):
        OpenAIEmbeddings().read_answer(make_answer({"data": [{"embedding": []}]}))
    with pytest.raises(UnreadableAnswer, match="embedding"):
        GeminiEmbeddings().read_answer(make_answer({"embedding": {}}))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: type(dialect).__name__)
@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[DONE]",
        b"not json",
        b"[]",
        b'{"usage": null}',
        b'{"usage": {}}',
        b'{"usage": {broken',
        b'{"usage": {}, "usageMetadata": {}}',
        b'{"usage": [1], "usageMetadata": 7}',
        b'{"choices": [{"delta": {"content": "\\"usage\\": {"}}]}',
        b"\xff\xfe",
    ],
)
def test_an_event_without_usage_has_none(dialect, payload):
    assert dialect.usage_of_event(payload) is None


@pytest.mark.parametrize("odd", [None, -5, "7", True, 1e300, [], {}, 10**30])
def test_an_impossible_count_counts_as_none(odd):
    usage = openai_usage.usage_of({"usage": {"prompt_tokens": odd, "completion_tokens": 3}})

    assert usage == Usage(output_tokens=3)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param({"total_tokens": 5}, Usage(5), id="total-only"),
        pytest.param(
            {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 99}},
            Usage(0, 0, 10),
            id="more-cached-than-asked",
        ),
        pytest.param(
            {"completion_tokens": 4, "completion_tokens_details": {"reasoning_tokens": 9}},
            Usage(reasoning_tokens=4),
            id="more-reasoning-than-generated",
        ),
        pytest.param(
            {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 30},
            Usage(3, 4, 0, 0, 23),
            id="reasoning-only-in-the-total",
        ),
        pytest.param(
            {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 0},
            Usage(3, 4),
            id="no-total",
        ),
    ],
)
def test_odd_usage_never_counts_a_token_twice(usage, expected):
    assert openai_usage.usage_of({"usage": usage}) == expected


def test_a_streams_later_usage_replaces_each_side_whole():
    start = Usage(input_tokens=10, cache_read_tokens=5, output_tokens=1)

    assert start.updated_by(Usage(output_tokens=7, reasoning_tokens=2)) == Usage(10, 7, 5, 0, 2)
    assert start.updated_by(Usage(input_tokens=15)) == Usage(15, 1)
    assert start.updated_by(Usage()) == start
