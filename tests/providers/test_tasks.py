"""What the worker does with a real upstream: each fault ends as a sentence, none as a traceback."""

import json

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError
from werkzeug import Response

from accounts.refusals import DependencyDown
from providers import tasks
from providers.kinds.registry import kind_for
from providers.kinds.vocabulary import Outcome
from providers.models import Operation, Provider, ProviderModel, TestStatus
from providers.services import connections, providers, secrets
from providers.services.drafts import ProviderDraft
from tests.factories import make_catalog_entry, make_project, make_provider, make_user

pytestmark = pytest.mark.django_db

KEY = "sk-canary-9f8e7d6c5b4a"
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "some-model",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 8, "completion_tokens": 1, "total_tokens": 9},
}


@pytest.fixture
def provider_at():
    def add(base_url):
        draft = ProviderDraft(
            name="Local",
            kind=kind_for("custom"),
            base_url=base_url,
            credential={"api_key": KEY},
            models=("some-model",),
        )
        return providers.add(draft, project=make_project(), by=make_user(), now=timezone.now())

    return add


def outcome_of(provider):
    model = provider.models.get()
    operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=None)
    tasks.test_model.apply(kwargs={"operation_id": operation.pk}, throw=True)
    operation.refresh_from_db()
    model.refresh_from_db()
    return model, operation


def test_a_model_that_answers_is_connected_with_its_latency(httpserver, provider_at):
    httpserver.expect_request(
        "/v1/chat/completions", headers={"Authorization": f"Bearer {KEY}"}
    ).respond_with_json(ANSWER)

    model, operation = outcome_of(provider_at(httpserver.url_for("/v1")))

    assert model.test_status == TestStatus.CONNECTED
    assert model.test_latency_ms is not None
    assert operation.state == Operation.State.SUCCEEDED
    assert operation.result["ok"] is True
    assert "some-model at Local answered in" in operation.message


def test_a_slow_answer_connects_and_says_it_was_slow(httpserver, provider_at):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(ANSWER)
    provider = provider_at(httpserver.url_for("/v1"))
    provider.degraded_threshold_ms = 0
    provider.save()

    model, _ = outcome_of(provider)

    assert model.test_status == TestStatus.CONNECTED
    assert "slow" in model.test_message or model.test_latency_ms == 0


FAULTS = {
    "wrong key": (
        Response(json.dumps({"error": {"message": f"Bad key {KEY}"}}), 401),
        "invalid_key",
    ),
    "no such model": (
        Response(json.dumps({"error": {"message": "no such model"}}), 404),
        "not_found",
    ),
    "rate limited": (Response("{}", 429, {"Retry-After": "7"}), "rate_limited"),
    "HTML": (
        Response("<html><h1>Welcome</h1></html>", 200, content_type="text/html"),
        "provider_error",
    ),
    "empty": (Response("", 200), "provider_error"),
    "truncated": (Response('{"choices": [', 200), "provider_error"),
    "huge 500": (Response("x" * 8_000_000, 500), "provider_error"),
    "redirect": (Response("", 302, {"Location": "http://127.0.0.1:1/"}), None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_an_upstream_ends_as_error_with_a_sentence(httpserver, provider_at, fault):
    response, error_class = FAULTS[fault]
    httpserver.expect_request("/v1/chat/completions").respond_with_response(response)

    model, operation = outcome_of(provider_at(httpserver.url_for("/v1")))

    assert model.test_status == TestStatus.ERROR
    assert operation.state == Operation.State.SUCCEEDED
    assert operation.result["ok"] is False
    assert error_class in {None, operation.result["errorClass"]}
    assert 20 < len(model.test_message) <= 1000
    assert "Traceback" not in model.test_message
    assert KEY not in model.test_message + json.dumps(operation.result)


@pytest.mark.parametrize(
    ("base_url", "error_class"),
    [
        ("http://127.0.0.1:1/v1", "unreachable"),
        ("http://nobody.invalid/v1", "unreachable"),
    ],
)
def test_an_unreachable_host_is_told_as_such(provider_at, base_url, error_class):
    model, operation = outcome_of(provider_at(base_url))

    assert model.test_status == TestStatus.ERROR
    assert operation.result["errorClass"] == error_class


def test_an_address_that_became_forbidden_is_told_as_blocked(provider_at):
    provider = provider_at("http://127.0.0.1:1/v1")
    type(provider).objects.filter(pk=provider.pk).update(base_url="http://10.1.2.3/v1")

    model, operation = outcome_of(provider)

    assert operation.result["errorClass"] == "blocked"
    assert model.test_status == TestStatus.ERROR


def test_a_lost_credential_is_told_and_nothing_is_sent(httpserver, provider_at):
    provider = provider_at(httpserver.url_for("/v1"))
    provider.secret.ciphertext = b"\x01" + bytes(40)
    provider.secret.save(update_fields=["ciphertext"])

    model, _ = outcome_of(provider)

    assert "needs its credential again" in model.test_message
    assert httpserver.log == []


def test_a_model_that_was_removed_meanwhile_ends_quietly():
    provider = make_provider(models=["a", "b"])
    model = provider.models.first()
    operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=None)
    model.delete()

    tasks.test_model.apply(kwargs={"operation_id": operation.pk}, throw=True)

    operation.refresh_from_db()
    assert operation.message == "The model was removed meanwhile."


def replace_key(model):
    values = {"api_key": "sk-other-0000000000"}
    secrets.replace(model.provider.secret, values, by=None, now=timezone.now())


def set_provider(**fields):
    return lambda model: Provider.objects.filter(pk=model.provider_id).update(**fields)


@pytest.fixture
def answered_after(monkeypatch):
    """Let `meanwhile` happen to the model before its test's answer is there."""

    def play(meanwhile):
        def ask(model, **_):
            meanwhile(ProviderModel.objects.get(pk=model.pk))
            return Outcome(True, 5, None, "It answered.", 200)

        monkeypatch.setattr(connections, "ask", ask)

    return play


@pytest.mark.parametrize(
    "meanwhile",
    [replace_key, set_provider(base_url="http://127.0.0.1:9/v1"), set_provider(kind="gateway")],
    ids=["another key", "another address", "another kind"],
)
def test_a_test_that_ends_after_its_provider_was_changed_says_so_and_sets_no_badge(
    provider_at, answered_after, meanwhile
):
    answered_after(meanwhile)

    model, operation = outcome_of(provider_at("http://127.0.0.1:1/v1"))

    assert (model.test_status, model.tested_at) == (TestStatus.UNTESTED, None)
    assert operation.state == Operation.State.SUCCEEDED
    assert operation.message == "Local was changed during the test. Test it again."
    assert "ok" not in operation.result


@pytest.mark.parametrize("removed", ["the model", "its provider"])
def test_a_model_that_is_removed_during_its_test_is_told_as_removed(answered_after, removed):
    provider = make_provider(models=["a", "b"])
    answered_after(lambda model: (model if removed == "the model" else provider).delete())
    operation = Operation.start(Operation.Verb.TEST_MODEL, provider.models.first(), by=None)

    tasks.test_model.apply(kwargs={"operation_id": operation.pk}, throw=True)

    operation.refresh_from_db()
    assert operation.state == Operation.State.SUCCEEDED
    assert operation.message == "The model was removed meanwhile."


def test_importing_says_how_many_were_added_and_skipped():
    make_catalog_entry("known", input_price="1.5")
    make_catalog_entry("new")
    make_catalog_entry("gone", status="deprecated")
    provider = make_provider(models=["known"])
    operation = Operation.start(Operation.Verb.IMPORT_CATALOG, provider, by=None)

    tasks.import_catalog.apply(kwargs={"operation_id": operation.pk}, throw=True)

    operation.refresh_from_db()
    assert operation.result == {"added": 1, "skipped": 1}
    assert operation.message == "1 added, 1 already there."
    assert set(provider.models.values_list("upstream_id", flat=True)) == {"known", "new"}
    assert provider.models.get(upstream_id="known").input_price is None


def test_a_task_that_is_delivered_twice_calls_once(httpserver, provider_at):
    httpserver.expect_request("/v1/chat/completions").respond_with_json(ANSWER)
    provider = provider_at(httpserver.url_for("/v1"))
    operation = Operation.start(Operation.Verb.TEST_MODEL, provider.models.get(), by=None)

    for _ in range(2):
        tasks.test_model.apply(kwargs={"operation_id": operation.pk}, throw=True)

    assert len(httpserver.log) == 1


def test_a_queue_that_is_away_is_said_and_the_operation_ends(
    monkeypatch, django_capture_on_commit_callbacks
):
    operation = Operation.start(Operation.Verb.TEST_MODEL, make_provider().models.get(), by=None)

    def refuse(**_):
        raise OperationalError

    monkeypatch.setattr(tasks.test_model, "apply_async", refuse)
    with pytest.raises(DependencyDown, match="task queue"):  # noqa: SIM117 - both are needed
        with django_capture_on_commit_callbacks(execute=True):
            tasks.enqueue(operation)

    operation.refresh_from_db()
    assert operation.state == Operation.State.FAILED


def test_tasks_carry_ids_alone(monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(tasks.test_model, "apply_async", lambda **call: sent.append(call))
    operation = Operation.start(Operation.Verb.TEST_MODEL, make_provider().models.get(), by=None)

    with django_capture_on_commit_callbacks(execute=True):
        tasks.enqueue(operation)

    assert sent == [{"kwargs": {"operation_id": operation.pk}}]
