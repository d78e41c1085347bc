"""Anthropic's and Google's own clients as judges: for one call, they send what we send.

A client's answer is the recorded one, so that it also judges those.
"""

import json
import re

import anthropic
import pytest
from google import genai
from google.genai import types

from providers.kinds.dialects.gemini import GeminiEmbeddings
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Format
from tests.providers.kinds.vendors import KEY, MESSAGES, WEATHER, at_vendors, built, endpoint_of

MESSAGE = {
    "messages": MESSAGES,
    "max_tokens": 64,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "tools": [{"name": "weather", "input_schema": WEATHER}],
    "stop_sequences": ["END"],
}


@pytest.mark.parametrize("stream", [False, True])
def test_anthropics_client_sends_what_we_send(answering, asked, stream):
    base_url = answering("anthropic", "messages", streams=stream)

    with anthropic.Anthropic(api_key=KEY, base_url=base_url) as client:
        reply = client.messages.create(model="claude-x", stream=stream, **MESSAGE)
        if stream:
            list(reply)

    ours = KINDS["custom-anthropic"].dialect(Format.MESSAGES)
    endpoint = endpoint_of("custom-anthropic", base_url, key_header="bearer")
    assert asked() == built(ours.request(endpoint, "claude-x", MESSAGE, stream=stream))


def test_anthropics_client_lists_models_as_we_do(answering, asked):
    base_url = answering("anthropic", "models")

    with anthropic.Anthropic(api_key=KEY, base_url=base_url) as client:
        client.models.list(limit=1000)

    endpoint = endpoint_of("custom-anthropic", base_url, key_header="bearer")
    assert asked() == built(KINDS["custom-anthropic"].listing.request(endpoint))


@pytest.fixture
def google():
    """Make Google's client; it needs to be told the version that we call."""
    clients = []

    def make(base_url):
        options = types.HttpOptions(base_url=base_url, api_version="v1beta")
        clients.append(genai.Client(api_key=KEY, http_options=options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


GEMINI = {
    "contents": [{"parts": [{"text": "Why?"}], "role": "user"}],
    "systemInstruction": {"parts": [{"text": "Be brief."}], "role": "user"},
    "generationConfig": {"maxOutputTokens": 64, "temperature": 0.5},
}


@pytest.mark.parametrize("stream", [False, True])
def test_googles_client_sends_what_we_send(answering, asked, google, stream):
    base_url = answering("google", "gemini", streams=stream)
    models = google(base_url).models
    config = types.GenerateContentConfig(
        max_output_tokens=64, temperature=0.5, system_instruction="Be brief."
    )

    if stream:
        list(models.generate_content_stream(model="gemini-x", contents="Why?", config=config))
    else:
        models.generate_content(model="gemini-x", contents="Why?", config=config)

    ours = KINDS["google"].dialect(Format.GEMINI)
    request = ours.request(at_vendors("google", base_url), "gemini-x", GEMINI, stream=stream)
    assert asked() == built(request)


def test_googles_client_sends_our_smallest_call(answering, asked, google):
    base_url = answering("google", "gemini")
    ours = KINDS["google"].dialect(Format.GEMINI)
    request = ours.smallest_request(at_vendors("google", base_url), "gemini-x", max_tokens=16)
    [content] = json.loads(request.body)["contents"]

    google(base_url).models.generate_content(
        model="gemini-x",
        contents=content["parts"][0]["text"],
        config=types.GenerateContentConfig(max_output_tokens=16),
    )

    assert asked() == built(request)


def test_googles_client_lists_models_as_we_do(answering, asked, google):
    base_url = answering("google", "models")

    list(google(base_url).models.list(config={"page_size": 1000}))

    theirs = asked()
    ours = built(KINDS["google"].listing.request(at_vendors("google", base_url)))
    assert theirs | {"headers": None} == ours | {"headers": None}
    assert theirs["headers"].items() >= ours["headers"].items()


def test_googles_client_embeds_in_batches_whose_texts_are_ours(httpserver, asked, google):
    httpserver.expect_request(re.compile("")).respond_with_json({"embeddings": [{"values": [1]}]})
    base_url = httpserver.url_for("").rstrip("/")

    google(base_url).models.embed_content(model="embed-x", contents="OK")

    request = GeminiEmbeddings().smallest_request(
        at_vendors("google", base_url), "embed-x", max_tokens=16
    )
    ours, theirs = built(request), asked()
    [batched] = theirs["body"]["requests"]
    assert batched["content"]["parts"] == ours["body"]["content"]["parts"]
    assert theirs["target"] == ours["target"].replace(":embed", ":batchEmbed") + "s"
