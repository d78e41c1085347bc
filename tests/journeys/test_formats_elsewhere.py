"""Test Connection, probe and live lists at a server that is not ours, in each of its formats."""

import orjson
import pytest
from django.utils import timezone

from foundation import egress
from providers.kinds.client import Client
from providers.kinds.dialects.event_stream import MEDIA_TYPE
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Endpoint, ErrorClass, Format
from providers.services import connections
from tests.journeys import aimock as foreign
from tests.moved_kinds import only_model, provider_there

pytestmark = [pytest.mark.journey, pytest.mark.django_db]

VERTEX_MODELS = "/v1/projects/my-project-123/locations/us-central1/publishers/google/models"
DATED = {"api_version": "2024-10-21"}
CALLS = {
    # name: kind, format, model, settings, the path that the server must have heard
    "OpenAI chat": ("openai", Format.CHAT, "gpt-4o", {}, "/v1/chat/completions"),
    "OpenAI responses": ("openai", Format.RESPONSES, "gpt-4o", {}, "/v1/responses"),
    "OpenAI embeddings": (
        "openai",
        Format.EMBEDDINGS,
        "text-embedding-3-small",
        {},
        "/v1/embeddings",
    ),
    "Anthropic messages": ("anthropic", Format.MESSAGES, "claude-sonnet-4-6", {}, "/v1/messages"),
    "Gemini": (
        "google",
        Format.GEMINI,
        "gemini-3-flash",
        {},
        "/v1beta/models/gemini-3-flash:generateContent",
    ),
    "Gemini embedding": (
        "google",
        Format.GEMINI,
        "gemini-embedding-001",
        {},
        "/v1beta/models/gemini-embedding-001:embedContent",
    ),
    "Gemini on Vertex AI": (
        "vertex",
        Format.GEMINI,
        "gemini-2.5-flash",
        {},
        f"{VERTEX_MODELS}/gemini-2.5-flash:generateContent",
    ),
    "Bedrock converse": (
        "bedrock",
        Format.CONVERSE,
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        {},
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
    ),
    "Azure chat, dated": (
        "azure",
        Format.CHAT,
        "gpt-4o",
        DATED,
        "/openai/deployments/gpt-4o/chat/completions",
    ),
    "Azure embeddings, dated": (
        "azure",
        Format.EMBEDDINGS,
        "text-embedding-3-small",
        DATED,
        "/openai/deployments/text-embedding-3-small/embeddings",
    ),
    "Azure responses, dated": ("azure", Format.RESPONSES, "gpt-4o", DATED, "/openai/responses"),
    "Azure chat": ("azure", Format.CHAT, "gpt-4o", {}, "/openai/v1/chat/completions"),
    "Azure responses": ("azure", Format.RESPONSES, "gpt-4o", {}, "/openai/v1/responses"),
    "Ollama chat": ("ollama", Format.CHAT, "llama3.2:latest", {}, "/v1/chat/completions"),
    "Groq chat": ("groq", Format.CHAT, "llama-3.3-70b", {}, "/openai/v1/chat/completions"),
    "Mistral chat": ("mistral", Format.CHAT, "mistral-small", {}, "/v1/chat/completions"),
}


@pytest.fixture
def provider_of(aimock, monkeypatch):
    def make(name, key=foreign.KEY):
        slug, wanted, model_id, config, _ = CALLS[name]
        return provider_there(
            monkeypatch,
            slug,
            aimock.origin,
            wanted=wanted,
            key=key,
            model_id=model_id,
            config=config,
        )

    return make


def paths_heard(aimock):
    return [entry["path"].partition("?")[0] for entry in aimock.journal()]


@pytest.mark.parametrize("name", CALLS)
def test_a_model_answers_in_its_format_at_its_address(aimock, provider_of, name):
    before = len(aimock.journal())

    outcome = connections.ask(only_model(provider_of(name)), now=timezone.now())

    assert outcome.ok, outcome.message
    assert paths_heard(aimock)[before:] == [CALLS[name][-1]]


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_key_is_told_as_one(provider_of, name):
    model = only_model(provider_of(name, key="sk-not-the-right-one"))

    outcome = connections.ask(model, now=timezone.now())

    assert (outcome.ok, outcome.error_class, outcome.http_status) == (
        False,
        ErrorClass.INVALID_KEY,
        401,
    )
    assert "sk-not-the-right-one" not in outcome.message


def test_a_foreign_event_stream_is_split_and_its_usage_read(aimock):
    client = Client(egress.Policy(allow_loopback=True))
    converse = KINDS["bedrock"].dialect(Format.CONVERSE)
    endpoint = Endpoint(aimock.origin, {"api_key": foreign.KEY})
    body = {"messages": [{"role": "user", "content": [{"text": "Say hello."}]}]}

    answer = client.send(converse.request(endpoint, "m", body, stream=True), timeout_s=20)
    splitter = converse.splitter()
    frames = splitter.feed(answer.body)

    splitter.close()
    said = [orjson.loads(frame.payload).get("delta", {}).get("text", "") for frame in frames]
    usages = [usage for frame in frames if (usage := converse.usage_of_event(frame.event))]
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "".join(said) == foreign.ANSWER
    assert [frame.name for frame in frames][-1] == "metadata"
    assert len(usages) == 1


@pytest.mark.parametrize("name", ["OpenAI chat", "Anthropic messages", "Ollama chat"])
def test_the_live_list_is_read(provider_of, name):
    models = connections.live_models_of(provider_of(name), now=timezone.now())

    assert foreign.MODEL in {model.id for model in models}


@pytest.mark.parametrize("name", ["OpenAI chat", "Anthropic messages", "Azure chat"])
def test_the_probe_finds_it_well(provider_of, name):
    outcome = connections.probe(provider_of(name), now=timezone.now())

    assert outcome.ok, outcome.message
