"""The vendors' SDKs through the gateway to a server that is not ours, each in its own format."""

import base64
import json
from dataclasses import dataclass

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types

from providers.kinds.vocabulary import Format
from tests import factories
from tests.gateway.speakers import make_active
from tests.journeys.aimock import ANSWER, KEY, TOOL_CALL, TOOL_QUESTION
from tests.moved_kinds import provider_there
from usage.models import UsageRecord

pytestmark = pytest.mark.journey

HELLO = "Say hello."
NAME, CITY = TOOL_CALL["name"], TOOL_CALL["arguments"]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
PIXEL = b"\x89PNG\r\n\x1a\n"  # the first bytes of any
ENCODED = base64.b64encode(PIXEL).decode()


@dataclass(frozen=True, slots=True)
class Reached:
    address: str
    token: str


@pytest.fixture
def reach(monkeypatch, gateway, aimock):
    """Let the gateway reach aimock as a provider of a kind; give its address and a token."""

    def reach(kind, wanted, model="gpt-4o", key=KEY):
        made = provider_there(
            monkeypatch, kind, aimock.origin, wanted=wanted, key=key, model_id=model
        )
        if wanted is Format.EMBEDDINGS:
            made.models.update(kind="embedding")
        make_active(made.project, made)
        _, token = factories.make_key(made.project)
        return Reached(f"http://127.0.0.1:{gateway.port}", token)

    yield reach
    gateway.settle()
    answered = UsageRecord.objects.filter(status=200)
    assert {row.outcome for row in answered} <= {"reported"}


def openais(reached):
    address = f"{reached.address}/v1"
    return openai.OpenAI(base_url=address, api_key=reached.token, max_retries=0)


def test_openais_chat(reach):
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{ENCODED}"}}
    hello = [{"role": "user", "content": [{"type": "text", "text": HELLO}, image]}]
    asks = [{"role": "user", "content": TOOL_QUESTION}]
    tool = {"type": "function", "function": {"name": NAME, "parameters": SCHEMA}}

    with openais(reach("openai", Format.CHAT)) as client:
        chat = client.chat.completions
        whole = chat.create(model="default", messages=hello)
        stream = chat.create(model="default", messages=hello, stream=True)
        words = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
        called = chat.create(model="default", messages=asks, tools=[tool])

    assert whole.choices[0].message.content == "".join(words) == ANSWER
    assert len(words) > 1
    (call,) = called.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == (NAME, CITY)


def test_openais_responses(reach):
    tool = {"type": "function", "name": NAME, "parameters": SCHEMA, "strict": True}
    image = {
        "type": "input_image",
        "image_url": f"data:image/png;base64,{ENCODED}",
        "detail": "auto",
    }
    content = [{"type": "input_text", "text": HELLO}, image]

    with openais(reach("openai", Format.RESPONSES)) as client:
        whole = client.responses.create(
            model="default", input=[{"role": "user", "content": content}]
        )
        with client.responses.stream(model="default", input=HELLO) as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_response()
        called = client.responses.create(model="default", input=TOOL_QUESTION, tools=[tool])

    assert whole.output_text == final.output_text == ANSWER
    assert kinds.count("response.output_text.delta") > 1
    (call,) = [item for item in called.output if item.type == "function_call"]
    assert (call.name, json.loads(call.arguments)) == (NAME, CITY)


def test_openais_embeddings(reach):
    with openais(reach("openai", Format.EMBEDDINGS, "text-embedding-3-small")) as client:
        answer = client.embeddings.create(model="default", input="Hi", encoding_format="float")

    assert answer.data[0].embedding == [0.25, -0.5, 0.125]


def test_anthropics(reach):
    reached = reach("anthropic", Format.MESSAGES, "claude-sonnet-4-6")
    source = {"type": "base64", "media_type": "image/png", "data": ENCODED}
    content = [{"type": "text", "text": HELLO}, {"type": "image", "source": source}]
    asked = {"model": "default", "max_tokens": 99}
    hello = asked | {"messages": [{"role": "user", "content": content}]}
    tool = {"name": NAME, "input_schema": SCHEMA}

    with anthropic.Anthropic(
        base_url=reached.address, auth_token=reached.token, max_retries=0
    ) as client:
        whole = client.messages.create(**hello)
        with client.messages.stream(**hello) as stream:
            words = list(stream.text_stream)
        called = client.messages.create(
            **asked, messages=[{"role": "user", "content": TOOL_QUESTION}], tools=[tool]
        )

    assert whole.content[0].text == "".join(words) == ANSWER
    assert len(words) > 1
    (use,) = [block for block in called.content if block.type == "tool_use"]
    assert (use.name, use.input) == (NAME, CITY)


# What aimock gives as the reason, Gemini itself never does.
@pytest.mark.filterwarnings("ignore:FUNCTION_CALL is not a valid FinishReason")
def test_googles(reach):
    reached = reach("google", Format.GEMINI, "gemini-3-flash")
    declared = types.FunctionDeclaration(name=NAME, parameters_json_schema=SCHEMA)
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[declared])])
    hello = [HELLO, types.Part.from_bytes(data=PIXEL, mime_type="image/png")]
    options = types.HttpOptions(base_url=reached.address)

    with genai.Client(api_key=reached.token, http_options=options) as client:
        models = client.models
        whole = models.generate_content(model="default", contents=hello)
        stream = models.generate_content_stream(model="default", contents=hello)
        words = [chunk.text or "" for chunk in stream]
        called = models.generate_content(model="default", contents=TOOL_QUESTION, config=config)

    assert whole.text == "".join(words) == ANSWER
    assert len(words) > 1
    (call,) = called.function_calls
    assert (call.name, call.args) == (NAME, CITY)


REFUSED = "sk-aimock-does-not-know-this-one"


def test_a_key_that_the_server_refuses_is_told_as_the_providers(reach):
    """In each SDK as a fault of the server, never as the client's own token."""
    chat = reach("openai", Format.CHAT, key=REFUSED)
    with openais(chat) as client, pytest.raises(openai.InternalServerError, match="key"):
        client.chat.completions.create(
            model="default", messages=[{"role": "user", "content": HELLO}]
        )

    messages = reach("anthropic", Format.MESSAGES, key=REFUSED)
    with (
        anthropic.Anthropic(
            base_url=messages.address, auth_token=messages.token, max_retries=0
        ) as client,
        pytest.raises(anthropic.InternalServerError, match="key"),
    ):
        client.messages.create(
            model="default", max_tokens=9, messages=[{"role": "user", "content": HELLO}]
        )

    gemini = reach("google", Format.GEMINI, key=REFUSED)
    options = types.HttpOptions(base_url=gemini.address)
    with (
        genai.Client(api_key=gemini.token, http_options=options) as client,
        pytest.raises(errors.ServerError, match="key"),
    ):
        client.models.generate_content(model="default", contents=HELLO)
