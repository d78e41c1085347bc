"""The free call that shows whether a provider is well."""

import json

import pytest
from django.utils import timezone
from werkzeug import Response

from providers.kinds.registry import KINDS, kind_for
from providers.kinds.vocabulary import Answer, ErrorClass
from providers.models import Health, TestStatus
from providers.services import completions, connections, providers
from providers.services.drafts import ProviderDraft
from tests.factories import make_login, make_project, make_provider, make_user

pytestmark = pytest.mark.django_db

KEY = "canary-9f8e7d6c5b4a"
MODELS = {"object": "list", "data": [{"id": "some-model"}]}


@pytest.fixture
def provider_at():
    def add(base_url, kind="custom", **config):
        draft = ProviderDraft(
            name="Local",
            kind=kind_for(kind),
            base_url=base_url,
            config=config,
            credential={"api_key": KEY},
            models=("some-model",),
        )
        return providers.add(draft, project=make_project(), by=make_user(), now=timezone.now())

    return add


def probe(provider):
    return connections.probe(provider, now=timezone.now())


def test_a_provider_that_answers_is_well_with_its_latency(httpserver, provider_at):
    httpserver.expect_oneshot_request(
        "/v1/models", method="GET", headers={"Authorization": f"Bearer {KEY}"}
    ).respond_with_json(MODELS)

    outcome = probe(provider_at(httpserver.url_for("/v1")))

    assert outcome.ok
    assert (outcome.error_class, outcome.http_status) == (None, 200)
    assert outcome.message == f"Local answered in {outcome.latency_ms} ms."


@pytest.mark.parametrize(
    ("latency_ms", "told"),
    [
        (5000, "Local answered in 5000 ms."),
        (5001, "Local answered in 5001 ms. That is slow: the threshold is 5000 ms."),
    ],
)
def test_an_answer_over_the_threshold_is_well_and_said_to_be_slow(
    provider_at, monkeypatch, latency_ms, told
):
    answer = Answer(200, {}, b'{"data": []}', latency_ms)
    monkeypatch.setattr(connections.Call, "send", lambda *_args, **_kwargs: answer)

    outcome = probe(provider_at("http://127.0.0.1:1/v1"))

    assert (outcome.ok, outcome.latency_ms, outcome.message) == (True, latency_ms, told)


def test_a_provider_without_models_is_well(httpserver, provider_at):
    httpserver.expect_request("/v1/models").respond_with_json({"data": []})

    assert probe(provider_at(httpserver.url_for("/v1"))).ok


@pytest.mark.parametrize(
    ("answered", "installed"),
    [
        ({"models": [{"name": "qwen3:8b"}]}, {"qwen3:8b"}),
        ({"models": [{"name": "llama3.3:latest"}]}, {"llama3.3:latest", "llama3.3"}),
        ({"models": []}, set()),
        ({"version": "0.40.12"}, None),
    ],
)
def test_ollama_is_asked_for_its_models(httpserver, provider_at, answered, installed):
    httpserver.expect_oneshot_request("/api/tags").respond_with_json(answered)

    outcome = probe(provider_at(httpserver.url_for("/v1"), kind="ollama"))

    assert (outcome.ok, outcome.installed) == (True, installed)


@pytest.mark.parametrize(
    ("config", "path", "query"),
    [
        ({}, "/openai/v1/models", ""),
        ({"api_version": "2024-10-21"}, "/openai/models", "api-version=2024-10-21"),
    ],
)
def test_azure_is_asked_on_the_surface_that_is_used(httpserver, provider_at, config, path, query):
    httpserver.expect_oneshot_request(
        path,
        query_string=query,
        headers={"api-key": KEY},
    ).respond_with_json(MODELS)

    provider = provider_at(httpserver.url_for("/"), kind="azure", deployment="gpt", **config)

    assert probe(provider).ok


REFUSALS = {
    "wrong key": (
        Response(json.dumps({"error": {"message": f"Bad key {KEY}"}}), 401),
        "invalid_key",
    ),
    "limited": (Response("{}", 429, {"Retry-After": "7"}), "rate_limited"),
    "down": (Response("", 503), "provider_error"),
    "no list": (Response("", 404), "not_found"),
    "page": (Response("<html></html>", 200, content_type="text/html"), "provider_error"),
    "empty": (Response("", 200), "provider_error"),
    "truncated": (Response('{"data": [', 200), "provider_error"),
    "error as success": (Response('{"error": "no"}', 200), "provider_error"),
    "text": (Response("Ollama is running", 200), "provider_error"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_each_refusal_has_its_class_and_a_sentence_without_the_key(httpserver, provider_at, case):
    response, error_class = REFUSALS[case]
    httpserver.expect_request("/v1/models").respond_with_response(response)

    outcome = probe(provider_at(httpserver.url_for("/v1")))

    assert not outcome.ok
    assert outcome.error_class == error_class
    assert len(outcome.message) > 40
    assert KEY not in outcome.message


def test_a_server_that_is_not_there_is_unreachable(provider_at):
    outcome = probe(provider_at("http://127.0.0.1:1/v1"))

    assert outcome.error_class is ErrorClass.UNREACHABLE
    assert "connection refused" in outcome.message


def test_a_server_that_hangs_is_left_in_time(provider_at, hanging_server, monkeypatch):
    monkeypatch.setattr(completions, "PROBE_TIMEOUT_S", 0.2)

    outcome = probe(provider_at(hanging_server))

    assert outcome.error_class is ErrorClass.TIMEOUT
    assert "within 0.2 s" in outcome.message


def test_a_probe_leaves_at_most_fifteen_seconds():
    assert completions.PROBE_TIMEOUT_S == 15


def test_a_forbidden_address_is_blocked_and_not_called(provider_at):
    provider = provider_at("http://127.0.0.1:1/v1")
    provider.base_url = "http://10.1.2.3/v1"

    assert probe(provider).error_class is ErrorClass.BLOCKED


def test_a_lost_credential_is_told_and_nothing_is_sent(httpserver, provider_at):
    provider = provider_at(httpserver.url_for("/v1"))
    provider.secret.ciphertext = b"\x01" + bytes(40)

    outcome = probe(provider)

    assert outcome.error_class is ErrorClass.INVALID_KEY
    assert "needs its credential again" in outcome.message
    assert httpserver.log == []


def test_a_login_without_a_free_call_is_as_good_as_its_token():
    provider = make_provider(kind="openai-codex")
    make_login(provider)

    outcome = probe(provider)

    assert (outcome.ok, outcome.latency_ms, outcome.http_status) == (True, None, None)
    assert "has a good token" in outcome.message


def test_a_login_that_nobody_has_made_is_not_well():
    outcome = probe(make_provider(kind="openai-codex"))

    assert (outcome.ok, outcome.error_class) == (False, ErrorClass.INVALID_KEY)


def test_a_kind_without_a_free_call_says_so():
    provider = make_provider(kind="zai")

    with pytest.raises(connections.ProbeUnsupported, match=r"Z\.ai has no free call"):
        probe(provider)


def test_a_kind_knows_beforehand_whether_it_has_a_free_call():
    for kind in KINDS.values():
        if kind.is_available:
            endpoint = kind.endpoint(base_url="https://llm.example.com")
            has_call = kind.probe_request(endpoint) is not None
            assert kind.has_probe == (has_call or kind.has_login)


def test_a_probe_changes_nothing(httpserver, provider_at):
    httpserver.expect_request("/v1/models").respond_with_json(MODELS)
    provider = provider_at(httpserver.url_for("/v1"))

    probe(provider)

    provider.refresh_from_db()
    assert provider.health == Health.UNKNOWN
    assert provider.models.get().test_status == TestStatus.UNTESTED
