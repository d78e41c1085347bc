"""Refresh from provider on the page: asked once, told, and acted on by ticking."""

from datetime import timedelta

import pytest
from django.utils import timezone

from providers.models import Operation
from tests.factories import make_provider
from tests.providers.admin.addresses import HTMX, IN_DIALOG, provider_url, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main", models=("kept", "gone"))


@pytest.fixture
def listed(provider, editor):
    """Let the provider have listed `kept` and two new models."""
    operation = Operation.start(Operation.Verb.REFRESH_MODELS, provider, by=editor)
    operation.result = {
        "ok": True,
        "isCut": False,
        "listed": [
            {"id": "kept", "name": "kept", "kind": "chat"},
            {"id": "new-a", "name": "new-a", "kind": "chat"},
            {"id": "new-b", "name": "new-b", "kind": "embedding"},
        ],
    }
    operation.finish(Operation.State.SUCCEEDED, message="Main lists 3 models: …")
    return operation


def test_asking_starts_one_operation_that_the_page_follows(browse, editor, provider):
    browser = browse(editor)

    started = browser.post(provider_url("refresh_models", provider), headers=HTMX)
    again = browser.post(provider_url("refresh_models", provider), headers=HTMX)

    operation = Operation.objects.get()
    assert f"/operation/{operation.public_id}/badge/" in started.content.decode()
    assert started.content == again.content
    assert "Asking…" in text_of(browser.get(provider_url("detail", provider)))


def test_the_end_is_told_and_the_page_loads_anew(browse, editor, listed):
    where = f"/admin/providers/operation/{listed.public_id}/badge/"

    answer = browse(editor).get(where, headers=HTMX)

    assert "Refreshed. Main lists 3 models" in text_of(answer)
    assert "axiom:changed" in answer.headers["HX-Trigger"]


def test_the_page_keeps_saying_what_was_listed(browse, editor, provider, listed):
    said = text_of(browse(editor).get(provider_url("detail", provider)))

    assert "Main listed 3 models: 2 new, 1 unchanged, 1 no longer listed. Asked just now" in said
    assert "Choose what to take over" in said


def test_an_answer_of_yesterday_is_not_acted_on(browse, editor, provider, listed):
    Operation.objects.update(created_at=timezone.now() - timedelta(days=2))
    browser = browse(editor)

    shown = text_of(browser.get(provider_url("detail", provider)))
    asked = text_of(browser.get(provider_url("listed", provider), headers=IN_DIALOG))
    browser.post(provider_url("listed", provider), {"add": "new-a"}, headers=HTMX)

    assert "no longer listed" not in shown
    assert "Press Refresh from provider first." in asked
    assert provider.models.count() == 2


def test_the_dialog_offers_what_is_new_and_what_is_gone(browse, editor, provider, listed, activate):
    activate(provider.models.get(upstream_id="gone"))

    answer = browse(editor).get(provider_url("listed", provider), headers=IN_DIALOG)

    said = answer.content.decode()
    assert 'value="new-a"' in said
    assert 'value="new-b"' in said
    assert "It is the active model: make another one active first." in said
    assert "checked" not in said


def test_what_is_ticked_is_taken_over_and_counted(browse, editor, provider, listed):
    gone = provider.models.get(upstream_id="gone")
    form = {"add": ["new-a", "new-b"], "remove": [gone.public_id], "dialog": "1"}
    form |= {"confirmed": gone.public_id}

    answer = browse(editor).post(provider_url("listed", provider), form, headers=HTMX)

    assert "Main: 2 added, 1 removed." in text_of(answer)
    models = set(provider.models.values_list("upstream_id", flat=True))
    assert models == {"kept", "new-a", "new-b"}


def test_taking_over_asks_about_what_it_would_remove(browse, editor, provider, listed):
    gone = provider.models.get(upstream_id="gone")
    form = {"add": ["new-a"], "remove": [gone.public_id], "dialog": "1"}

    asked = browse(editor).post(provider_url("listed", provider), form, headers=HTMX)
    page = browse(editor).post(provider_url("listed", provider), form).content.decode()

    assert "This removes 1 model." in text_of(asked)
    assert "gone at Main" in text_of(asked)
    assert 'value="new-a" checked' in page
    assert provider.models.count() == 2


def test_sending_it_twice_takes_over_once(browse, editor, provider, listed):
    browser, form = browse(editor), {"add": ["new-a"], "dialog": "1"}

    browser.post(provider_url("listed", provider), form, headers=HTMX)
    again = browser.post(provider_url("listed", provider), form, headers=HTMX)

    assert "Main: 0 added, 0 removed." in text_of(again)
    assert provider.models.filter(upstream_id="new-a").count() == 1


def test_a_refused_removal_says_why_and_changes_nothing(browse, editor, provider, listed, activate):
    gone = provider.models.get(upstream_id="gone")
    activate(gone)
    form = {"add": ["new-a"], "remove": [gone.public_id], "dialog": "1"}

    answer = browse(editor).post(provider_url("listed", provider), form, headers=HTMX)

    assert answer.status_code == 409
    assert "make another one active first" in text_of(answer)
    assert provider.models.count() == 2


def test_a_viewer_neither_asks_nor_looks(browse, viewer, provider, listed):
    browser = browse(viewer)

    assert browser.get(provider_url("listed", provider)).status_code == 403
    assert "Refresh from provider" not in text_of(browser.get(provider_url("detail", provider)))
