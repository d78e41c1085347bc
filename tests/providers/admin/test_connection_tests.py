"""Test Connection: an operation, a badge that follows it, a banner at its end."""

import pytest
from django.urls import reverse

from accounts.refusals import DependencyDown
from providers import tasks
from providers.kinds.vocabulary import Outcome
from providers.models import Operation
from tests.factories import make_provider
from tests.providers.admin.addresses import HTMX, model_url, provider_url, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main", models=("m1", "m2"))


@pytest.fixture
def model(provider):
    return provider.models.get(upstream_id="m1")


@pytest.fixture
def queued(monkeypatch, django_capture_on_commit_callbacks):
    """Collect the operations that are handed to the queue."""
    sent = []
    monkeypatch.setattr(tasks, "_send", lambda operation: sent.append(operation.public_id))
    return sent


def followed(browser, *operations):
    """Ask as a page does, once a second, about all that it follows."""
    where = reverse("admin:providers_operation_badges")
    of = [operation.public_id for operation in operations]
    return browser.get(where, {"of": of}, headers=HTMX)


def test_test_connection_starts_an_operation_and_the_badge_follows_it(
    browse, editor, model, queued, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = browse(editor).post(model_url("test", model), headers=HTMX)

    operation = Operation.objects.get()
    assert "Testing…" in text_of(answer)
    assert f'data-follows="{operation.public_id}"' in answer.content.decode()
    assert (operation.target_id, operation.created_by) == (model.public_id, editor)
    assert queued == [operation.public_id]


def test_a_second_press_joins_the_test_that_runs(browse, editor, model):
    browser = browse(editor)

    first = browser.post(model_url("test", model), headers=HTMX)
    second = browser.post(model_url("test", model), headers=HTMX)

    assert first.content == second.content
    assert Operation.objects.count() == 1


def test_several_models_are_tested_at_once(browse, editor, provider):
    browser = browse(editor)

    for model in provider.models.all():
        browser.post(model_url("test", model), headers=HTMX)

    said = browser.get(provider_url("changelist")).content.decode()
    assert said.count("Testing…") == 2


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_away_is_a_503_that_says_so(browse, editor, model, monkeypatch):
    def away(operation):
        operation.finish(Operation.State.FAILED, message="The task queue did not answer.")
        raise DependencyDown("task queue")

    monkeypatch.setattr(tasks, "_send", away)

    answer = browse(editor).post(model_url("test", model), headers=HTMX)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["X-Fragment"] == "1"
    assert "The task queue does not answer." in text_of(answer)
    assert Operation.objects.get().is_finished


def test_while_the_test_runs_there_is_nothing_to_show_yet(browse, editor, model):
    operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=editor)

    answer = followed(browse(editor), operation)

    assert answer.status_code == 200
    assert text_of(answer).strip() == ""


def end(operation, *, ok, message):
    operation.result = {"ok": ok, "message": message}
    operation.finish(Operation.State.SUCCEEDED, message=message)


def test_a_success_is_a_green_banner_with_the_time_that_goes_by_itself(
    browse, editor, model, django_user_model
):
    operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=editor)
    message = "m1 at Main answered in 412 ms."
    model.record_test(Outcome(True, 412, None, message, 200), at=operation.created_at)
    end(operation, ok=True, message=message)

    answer = followed(browse(editor), operation)

    said = answer.content.decode()
    assert "Connected. m1 at Main answered in 412 ms." in text_of(answer)
    assert 'class="ax-banner is-success"' in said
    assert 'data-gone-after="4000"' in said
    assert f'id="test-{model.public_id}"' in said
    assert "data-follows" not in said


def test_a_failure_is_a_red_banner_in_the_providers_words_that_stays(browse, editor, model):
    operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=editor)
    end(operation, ok=False, message="OpenAI refused the key (401): “bad key”.")

    answer = followed(browse(editor), operation)

    said = answer.content.decode()
    assert "m1 at Main: OpenAI refused the key (401): “bad key”." in text_of(answer)
    assert 'class="ax-banner is-error"' in said
    assert "data-gone-after" not in said


def test_a_model_that_was_removed_meanwhile_breaks_nothing(browse, editor, model):
    operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=editor)
    model.delete()
    operation.finish(Operation.State.SUCCEEDED, message="The model was removed meanwhile.")

    answer = followed(browse(editor), operation)

    assert "Removed" in text_of(answer)
    assert "The model was removed meanwhile." in text_of(answer)


def test_one_question_asks_about_all_that_a_page_follows(browse, editor, provider, queries_of):
    first, second = provider.models.all()
    done = Operation.start(Operation.Verb.TEST_MODEL, first, by=editor)
    running = Operation.start(Operation.Verb.TEST_MODEL, second, by=editor)
    first.record_test(Outcome(True, 412, None, "It answered.", 200), at=done.created_at)
    end(done, ok=True, message="It answered.")

    answer = followed(browse(editor), done, running)

    said = answer.content.decode()
    assert f'id="test-{first.public_id}"' in said
    assert f'id="test-{second.public_id}"' not in said
    assert said.count("ax-banner is-") == 1


def test_a_strangers_question_finds_nothing(browse, editor, stranger, model):
    operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=editor)

    assert followed(browse(stranger), operation).status_code == 404
