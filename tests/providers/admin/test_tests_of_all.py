"""Test all: on a provider and on a selection, counted as one, whatever becomes of each."""

import pytest
from django.urls import reverse

from accounts.refusals import DependencyDown
from providers import tasks
from providers.models import Operation, Status
from providers.models.operation import MOST_AT_ONCE
from tests.factories import make_provider
from tests.providers.admin.addresses import HTMX, provider_url, text_of

pytestmark = pytest.mark.django_db

TEST_ALL = Operation.Verb.TEST_SEVERAL


@pytest.fixture
def sent(monkeypatch):
    """Collect the operations that are handed to the queue."""
    queued = []
    monkeypatch.setattr(tasks, "_send", queued.append)
    return queued


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main", models=("m1", "m2", "off"))


@pytest.fixture
def whole(browse, editor, provider, sent, django_capture_on_commit_callbacks):
    provider.models.filter(upstream_id="off").update(status=Status.DISABLED)
    with django_capture_on_commit_callbacks(execute=True):
        browse(editor).post(provider_url("test", provider), headers=HTMX)
    return Operation.objects.get(verb=TEST_ALL)


def end(part, *, ok):
    part.result = {"ok": ok}
    part.finish(Operation.State.SUCCEEDED, message="It answered." if ok else "It did not.")


def followed(browser, *operations):
    where = reverse("admin:providers_operation_badges")
    of = [operation.public_id for operation in operations]
    return browser.get(where, {"of": of}, headers=HTMX)


def test_each_enabled_model_is_tested_and_the_whole_counts_them(whole, sent):
    parts = list(whole.parts.order_by("pk"))

    assert [part.target_name for part in parts] == ["m1 at Main", "m2 at Main"]
    assert (whole.done, whole.total, whole.state) == (0, 2, "running")
    assert sent == parts


def test_the_list_shows_how_far_it_is_after_a_reload_too(browse, editor, whole):
    end(whole.parts.first(), ok=True)

    said = text_of(browse(editor).get(provider_url("changelist")))

    assert "Testing 2 models: 1 of 2" in said
    assert said.count("Testing…") == 1


def test_a_second_press_begins_nothing_twice(browse, editor, provider, whole):
    answer = browse(editor).post(provider_url("test", provider), headers=HTMX)

    assert "Main: There is nothing to begin a test of." in text_of(answer)
    assert Operation.objects.filter(verb=TEST_ALL).count() == 1
    assert whole.parts.count() == 2


def test_what_ends_moves_the_count_without_a_banner_of_its_own(browse, editor, whole):
    part = whole.parts.first()
    end(part, ok=True)

    answer = followed(browse(editor), whole, part)

    assert "1 of 2" in text_of(answer)
    assert "ax-banner" not in answer.content.decode()


def test_the_last_one_ends_the_whole_with_one_green_banner(browse, editor, whole):
    for part in whole.parts.all():
        end(part, ok=True)

    answer = followed(browse(editor), whole, *whole.parts.all())

    whole.refresh_from_db()
    assert (whole.state, whole.done) == ("succeeded", 2)
    assert "Tested. 2 models answered." in text_of(answer)
    assert answer.content.decode().count("ax-banner is-success") == 1
    assert f'id="progress-{whole.public_id}" hx-swap-oob="delete"' in answer.content.decode()


def test_what_did_not_answer_is_named_in_a_red_banner(browse, editor, whole):
    first, second = whole.parts.order_by("pk")
    end(first, ok=True)
    end(second, ok=False)

    answer = followed(browse(editor), whole)

    said = text_of(answer)
    assert "1 of 2 models answered, not m2 at Main." in said
    assert "m2 at Main: It did not." in said
    assert "ax-banner is-error" in answer.content.decode()


def test_a_lane_is_not_sent_more_than_it_takes_at_once(
    browse, editor, project, sent, django_capture_on_commit_callbacks
):
    many = tuple(f"m{number}" for number in range(MOST_AT_ONCE + 5))
    provider = make_provider(project, models=many)

    with django_capture_on_commit_callbacks(execute=True):
        browse(editor).post(provider_url("test", provider), headers=HTMX)

    assert len(sent) == MOST_AT_ONCE
    assert Operation.objects.get(verb=TEST_ALL).total == len(many)


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_away_ends_the_whole_and_says_so(browse, editor, provider, monkeypatch):
    def away(operation):
        operation.finish(Operation.State.FAILED, message="The task queue did not answer.")
        raise DependencyDown("task queue")

    monkeypatch.setattr(tasks, "_send", away)

    answer = browse(editor).post(provider_url("test", provider), headers=HTMX)

    assert answer.status_code == 503
    assert "The task queue does not answer." in text_of(answer)
    assert not Operation.objects.unfinished().exists()


def test_a_model_that_is_removed_meanwhile_does_not_keep_the_whole_waiting(whole):
    for part in whole.parts.all():
        part.finish(Operation.State.SUCCEEDED, message="The model was removed meanwhile.")

    whole.refresh_from_db()
    assert whole.is_finished


def test_a_provider_without_enabled_models_says_that_there_is_nothing_to_test(
    browse, editor, project
):
    empty = make_provider(project, name="Empty", models=())

    answer = browse(editor).post(provider_url("test", empty), headers=HTMX)

    assert "Empty: There is nothing to begin a test of." in text_of(answer)
    assert not Operation.objects.exists()
