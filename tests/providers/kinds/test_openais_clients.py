"""OpenAI's and Azure's own clients as judges: for one call, they and our dialects send the same.

A client's answer is the recorded one, so that it also judges those.
"""

import json

import openai
import pytest

from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Format
from tests.providers.kinds.vendors import KEY, MESSAGES, WEATHER, at_vendors, built, endpoint_of

DATED = "2024-10-21"
BODIES = {
    Format.CHAT: {
        "messages": [{"role": "system", "content": "Be brief."}, *MESSAGES],
        "max_completion_tokens": 64,
        "temperature": 0.5,
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}],
        "response_format": {"type": "json_object"},
    },
    Format.RESPONSES: {
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Why?"}]}],
        "instructions": "Be brief.",
        "max_output_tokens": 64,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "tools": [{"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}],
    },
    Format.EMBEDDINGS: {"input": ["one", "two"], "encoding_format": "float", "dimensions": 8},
}


def call(client, wanted, **fields):
    if wanted is Format.CHAT:
        return client.chat.completions.create(**fields)
    if wanted is Format.RESPONSES:
        return client.responses.create(**fields)
    return client.embeddings.create(**fields)


@pytest.mark.parametrize("wanted", BODIES)
def test_openais_client_sends_what_we_send(answering, asked, wanted):
    base_url = answering("openai", wanted.value)
    scope = {"organization": "org-1", "project": "proj_1"}

    with openai.OpenAI(api_key=KEY, base_url=f"{base_url}/v1", **scope) as client:
        call(client, wanted, model="some-model", **BODIES[wanted])

    ours = KINDS["openai"].dialect(wanted)
    endpoint = at_vendors("openai", base_url, **scope)
    assert asked() == built(ours.request(endpoint, "some-model", BODIES[wanted]))


@pytest.mark.parametrize("wanted", [Format.CHAT, Format.RESPONSES])
def test_openais_client_asks_for_a_stream_as_we_do(answering, asked, wanted, recorded):
    base_url = answering("openai", wanted.value, streams=True)
    asks = {"stream_options": {"include_usage": True}} if wanted is Format.CHAT else {}

    with openai.OpenAI(api_key=KEY, base_url=f"{base_url}/v1") as client:
        events = list(
            call(client, wanted, model="some-model", stream=True, **asks, **BODIES[wanted])
        )

    ours = KINDS["openai"].dialect(wanted)
    request = ours.request(
        at_vendors("openai", base_url), "some-model", BODIES[wanted], stream=True
    )
    assert asked() == built(request)
    assert len(events) == len(recorded["openai"]["formats"][wanted.value]["stream"])


@pytest.mark.parametrize("is_reasoning", [False, True])
@pytest.mark.parametrize("wanted", [Format.CHAT, Format.RESPONSES])
def test_openais_client_reads_a_test_and_its_usage_as_we_do(
    answering, asked, recorded, wanted, is_reasoning
):
    base_url = answering("openai", wanted.value)
    ours = KINDS["openai"].dialect(wanted)
    request = ours.smallest_request(
        at_vendors("openai", base_url), "some-model", max_tokens=1024 if is_reasoning else 16
    )

    with openai.OpenAI(api_key=KEY, base_url=f"{base_url}/v1") as client:
        reply = call(client, wanted, **json.loads(request.body))

    usage = ours.usage_of(recorded["openai"]["formats"][wanted.value]["answer"])
    assert asked() == built(request)
    assert reply.usage.total_tokens == usage.total_tokens


@pytest.mark.parametrize("wanted", BODIES)
def test_azures_client_sends_what_we_send_to_a_dated_version(answering, asked, wanted):
    base_url = answering("azure", wanted.value)

    with openai.AzureOpenAI(api_key=KEY, azure_endpoint=base_url, api_version=DATED) as client:
        call(client, wanted, model="my-gpt", **BODIES[wanted])

    ours = KINDS["azure"].dialect(wanted)
    endpoint = endpoint_of("azure", base_url, deployment="my-gpt", api_version=DATED)
    assert asked() == built(ours.request(endpoint, "my-gpt", BODIES[wanted]))


@pytest.mark.parametrize("wanted", BODIES)
def test_openais_client_at_azures_v1_surface_differs_in_the_keys_header_alone(
    answering, asked, wanted
):
    base_url = answering("azure", wanted.value)

    with openai.OpenAI(api_key=KEY, base_url=f"{base_url}/openai/v1") as client:
        call(client, wanted, model="my-gpt", **BODIES[wanted])

    ours = KINDS["azure"].dialect(wanted)
    sent = built(ours.request(endpoint_of("azure", base_url), "my-gpt", BODIES[wanted]))
    assert sent["headers"].pop("api-key") == KEY
    sent["headers"]["authorization"] = f"Bearer {KEY}"
    assert asked() == sent


def test_openais_clients_list_models_as_we_do(answering, asked, httpserver):
    base_url = answering("openai", "models")

    with openai.OpenAI(api_key=KEY, base_url=f"{base_url}/v1") as client:
        models = [model.id for model in client.models.list()]

    listing = KINDS["openai"].listing
    assert asked() == built(listing.request(at_vendors("openai", base_url)))
    assert "gpt-5.2" in models


def test_azures_client_lists_models_as_our_probe_does(answering, asked):
    base_url = answering("openai", "models")

    with openai.AzureOpenAI(api_key=KEY, azure_endpoint=base_url, api_version=DATED) as client:
        client.models.list()

    endpoint = endpoint_of("azure", base_url, api_version=DATED)
    assert asked() == built(KINDS["azure"].probe_request(endpoint))
