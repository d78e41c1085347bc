"""The vendors' own SDKs through the gateway, streamed and not, and what they make of a refusal."""

import base64
import json

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors as google_errors
from google.genai import types
from google.genai.types import HttpOptions

from tests.gateway import upstream as up
from tests.gateway.speakers import (
    CHAT,
    EMBEDDINGS,
    GEMINI,
    MESSAGES,
    RESPONSES,
    make_active,
    move_kind,
    speaking_provider,
)

WRONG = "axk_wrong"


@pytest.fixture
def arranged(monkeypatch, aurora, upstream, gateway):
    """Let the upstream speak a format; give the gateway's address."""

    def arrange(speaker):
        move_kind(monkeypatch, speaker, upstream)
        make_active(aurora, speaking_provider(aurora, speaker, upstream))
        upstream.next.extend(
            [
                up.answer(speaker.whole),
                speaker.flow(speaker.preamble, speaker.words, speaker.end),
            ]
        )
        return f"http://127.0.0.1:{gateway.port}"

    return arrange


def test_anthropics(arranged, token):
    address = arranged(MESSAGES)
    asked = {name: value for name, value in MESSAGES.asked.items() if name != "stream"}

    with anthropic.Anthropic(base_url=address, auth_token=token, max_retries=0) as client:
        whole = client.messages.create(**asked)
        with client.messages.stream(**asked) as stream:
            words = list(stream.text_stream)
            final = stream.get_final_message()
        listed = [model.id for model in client.models.list()]

    assert whole.content[0].text == "Hello"
    assert whole._request_id.startswith("req_")
    assert (words, final.usage.output_tokens) == (["Hello"], 3)
    assert listed[0] == "default"
    with (
        anthropic.Anthropic(base_url=address, api_key=WRONG, max_retries=0) as stranger,
        pytest.raises(anthropic.AuthenticationError, match="not valid"),
    ):
        stranger.messages.create(**asked)


def test_openais_responses(arranged, token):
    address = arranged(RESPONSES)

    with openai.OpenAI(base_url=f"{address}/v1", api_key=token, max_retries=0) as client:
        whole = client.responses.create(**RESPONSES.asked)
        with client.responses.stream(model="default", input="Hi") as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_response()

    assert (whole.output_text, whole._request_id[:4]) == ("Hello", "req_")
    assert kinds[-1] == "response.completed"
    assert final.usage.total_tokens == 10


def test_openais_embeddings(arranged, token):
    address = arranged(EMBEDDINGS)

    with openai.OpenAI(base_url=f"{address}/v1", api_key=token, max_retries=0) as client:
        answer = client.embeddings.create(model="default", input="Hi", encoding_format="float")

    assert answer.data[0].embedding == [0.5, -0.25]


@pytest.mark.parametrize("version", ["v1beta", "v1"])
def test_googles(arranged, token, version):
    address = arranged(GEMINI)
    options = HttpOptions(base_url=address, api_version=version)

    with genai.Client(api_key=token, http_options=options) as client:
        whole = client.models.generate_content(model="default", contents="Hi")
        stream = client.models.generate_content_stream(model="default", contents="Hi")
        words = [chunk.text for chunk in stream]
        listed = [model.name for model in client.models.list()]

    assert (whole.text, whole.usage_metadata.total_token_count) == ("Hello", 10)
    assert words[0] == "Hello"
    assert listed[0] == "models/default"
    with (
        genai.Client(api_key=WRONG, http_options=options) as stranger,
        pytest.raises(google_errors.ClientError, match="not valid"),
    ):
        stranger.models.generate_content(model="default", contents="Hi")


PIXEL = "iVBORw0KGgo="  # the first bytes of any PNG
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CITY = {"city": "Paris"}


def test_openais_tools_and_images(arranged, token, upstream):
    address = arranged(CHAT)
    call = {"name": "weather", "arguments": json.dumps(CITY)}
    said = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
    }
    choice = {"index": 0, "message": said, "finish_reason": "tool_calls"}
    upstream.next[0] = up.answer(CHAT.whole | {"choices": [choice]})
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    tool = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}

    with openai.OpenAI(base_url=f"{address}/v1", api_key=token, max_retries=0) as client:
        answer = client.chat.completions.create(
            model="default", messages=[{"role": "user", "content": [image]}], tools=[tool]
        )

    (called,) = answer.choices[0].message.tool_calls
    assert (called.function.name, json.loads(called.function.arguments)) == ("weather", CITY)
    sent = upstream.seen[-1].json
    assert (sent["messages"][0]["content"], sent["tools"]) == ([image], [tool])


def test_anthropics_tools_and_images(arranged, token, upstream):
    address = arranged(MESSAGES)
    use = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": CITY}
    upstream.next[0] = up.answer(MESSAGES.whole | {"content": [use], "stop_reason": "tool_use"})
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    image = {"type": "image", "source": source}
    tool = {"name": "weather", "input_schema": SCHEMA}

    with anthropic.Anthropic(base_url=address, auth_token=token, max_retries=0) as client:
        answer = client.messages.create(
            model="default",
            max_tokens=9,
            messages=[{"role": "user", "content": [image]}],
            tools=[tool],
        )

    assert (answer.content[0].name, answer.content[0].input) == ("weather", CITY)
    sent = upstream.seen[-1].json
    assert (sent["messages"][0]["content"], sent["tools"]) == ([image], [tool])


def test_openais_responses_tools(arranged, token, upstream):
    address = arranged(RESPONSES)
    call = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "weather",
        "arguments": json.dumps(CITY),
        "status": "completed",
    }
    upstream.next[0] = up.answer(RESPONSES.whole | {"output": [call]})
    tool = {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": True}

    with openai.OpenAI(base_url=f"{address}/v1", api_key=token, max_retries=0) as client:
        answer = client.responses.create(model="default", input="Hi", tools=[tool])

    assert (answer.output[0].name, json.loads(answer.output[0].arguments)) == ("weather", CITY)
    assert upstream.seen[-1].json["tools"] == [tool]


def test_googles_tools_and_images(arranged, token, upstream):
    address = arranged(GEMINI)
    part = {"functionCall": {"name": "weather", "args": CITY}}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
    upstream.next[0] = up.answer(GEMINI.whole | {"candidates": [candidate]})
    declared = types.FunctionDeclaration(name="weather", parameters_json_schema=SCHEMA)
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[declared])])
    image = types.Part.from_bytes(data=base64.b64decode(PIXEL), mime_type="image/png")

    with genai.Client(api_key=token, http_options=HttpOptions(base_url=address)) as client:
        answer = client.models.generate_content(model="default", contents=[image], config=config)

    assert (answer.function_calls[0].name, answer.function_calls[0].args) == ("weather", CITY)
    sent = upstream.seen[-1].json
    part = sent["contents"][0]["parts"][0]["inlineData"]
    assert {PIXEL, "image/png"} <= set(part.values())
    assert sent["tools"][0]["functionDeclarations"][0]["name"] == "weather"
