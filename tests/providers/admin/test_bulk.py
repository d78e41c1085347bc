"""Bulk actions: refusals named, the rest carried out, counts said, twice no worse than once."""

import pytest

from accounts.models import AuditEvent, Membership, Role
from providers import tasks
from providers.models import Operation, ProjectRouting, Provider, Status
from providers.services import work
from tests.factories import make_catalog_entry, make_project, make_provider
from tests.providers.admin.addresses import HTMX, IN_DIALOG, provider_url, text_of

pytestmark = pytest.mark.django_db

BULK = ("test_several", "enable_several", "disable_several", "import_several")


@pytest.fixture
def sent(monkeypatch):
    queued = []
    monkeypatch.setattr(tasks, "_send", queued.append)
    return queued


@pytest.fixture
def three(project):
    return [make_provider(project, name=name, models=("m1", "m2")) for name in ("A", "B", "C")]


def ids(*providers):
    return {"ticked": [provider.public_id for provider in providers]}


def press(browser, button, *providers):
    return browser.post(provider_url(button), ids(*providers), headers=HTMX)


def test_those_that_are_ticked_are_disabled_and_the_others_not(browse, editor, three):
    answer = press(browse(editor), "disable_several", *three[:2])

    assert "2 providers disabled." in text_of(answer)
    assert [each.status for each in Provider.objects.by_name()] == [
        *("disabled", "disabled", "active"),
    ]
    assert "axiom:untick" in answer.headers["HX-Trigger"]
    assert "axiom:changed" in answer.headers["HX-Trigger"]
    assert AuditEvent.objects.filter(action="aiProviders:DisableAiProvider").count() == 2


def test_who_refuses_is_named_and_the_rest_is_carried_out(browse, editor, three, activate):
    activate(three[1].models.first())

    answer = press(browse(editor), "disable_several", *three)

    said = text_of(answer)
    assert "2 providers disabled. 1 provider refused:" in said
    assert "“B” owns the active model and can't be disabled" in said
    assert "ax-banner is-warning" in answer.content.decode()
    assert [each.status for each in Provider.objects.by_name()] == [
        *("disabled", "active", "disabled"),
    ]


def test_a_second_click_changes_nothing_and_says_so(browse, editor, three):
    browser = browse(editor)
    press(browser, "disable_several", *three)

    answer = press(browser, "disable_several", *three)

    assert "0 providers disabled. 3 providers were already." in text_of(answer)
    assert AuditEvent.objects.filter(action="aiProviders:DisableAiProvider").count() == 3


def test_several_are_enabled(browse, editor, three):
    Provider.objects.update(status=Status.DISABLED)

    answer = press(browse(editor), "enable_several", *three)

    assert "3 providers enabled." in text_of(answer)
    assert Provider.objects.active().count() == 3


def test_disabling_several_asks_with_names_and_consequences(browse, editor, three, activate):
    routing = activate(three[0].models.first())
    routing.set_fallback(three[1].models.first())

    answer = browse(editor).get(provider_url("disable_several"), ids(*three), headers=IN_DIALOG)

    said = text_of(answer)
    assert "Disable 3 providers?" in said
    assert "B , C : 4 models are left out of routing and of every picker" in said
    assert "m1 at B is the fallback of Aurora, which is cleared." in said
    assert "“A” owns the active model and can't be disabled" in said
    assert ProjectRouting.objects.get().fallback_model is not None


def test_disabling_one_asks_first_too(browse, editor, three):
    browser = browse(editor)

    asked = browser.get(provider_url("disable", three[0]), headers=IN_DIALOG)
    done = browser.post(provider_url("disable", three[0]), headers=HTMX)

    assert "Disable A?" in text_of(asked)
    assert "until somebody enables it again. Nothing is lost." in text_of(asked)
    assert "A is disabled." in text_of(done)


def test_a_dialog_that_comes_too_late_says_that_it_is_done(browse, editor, three):
    three[0].disable()

    asked = browse(editor).get(provider_url("disable", three[0]), headers=IN_DIALOG)

    assert "Disabled already" in text_of(asked)
    assert "Disable provider" not in text_of(asked)


def test_a_selection_is_tested_as_one(
    browse, editor, three, sent, django_capture_on_commit_callbacks
):
    browser = browse(editor)

    with django_capture_on_commit_callbacks(execute=True):
        answer = press(browser, "test_several", *three[:2])

    whole = Operation.objects.get(verb=Operation.Verb.TEST_SEVERAL)
    assert 'hx-swap-oob="beforeend:#progress"' in answer.content.decode()
    assert "Testing 4 models: 0 of 4" in text_of(answer)
    assert (whole.total, whole.target_name) == (4, "4 models")
    assert len(sent) == 4
    assert "Testing 4 models: 0 of 4" in text_of(browser.get(provider_url("changelist")))


def test_a_second_click_on_test_begins_nothing_twice(browse, editor, three, sent):
    browser = browse(editor)
    press(browser, "test_several", *three)

    answer = press(browser, "test_several", *three)

    assert "Nothing left to test" in text_of(answer)
    assert Operation.objects.filter(verb=Operation.Verb.TEST_MODEL).count() == 6


def test_the_catalog_is_imported_into_several_with_counts(browse, editor, three):
    make_catalog_entry("m1")
    make_catalog_entry("new")
    press(browse(editor), "import_several", *three[:2])

    for operation in Operation.objects.filter(verb=Operation.Verb.IMPORT_CATALOG):
        tasks.work_at(operation.pk, work.import_catalog, worker="here")

    whole = Operation.objects.get(verb=Operation.Verb.IMPORT_SEVERAL)
    assert whole.message == "2 models added to 2 providers, 2 already there."
    assert three[0].models.count() == 3
    assert three[2].models.count() == 2


@pytest.mark.parametrize("button", BULK)
def test_a_strangers_providers_are_not_there_to_be_ticked(browse, stranger, three, button):
    answer = press(browse(stranger), button, *three)

    assert answer.status_code == 409
    assert "None of the ticked providers is there" in text_of(answer)
    assert not Operation.objects.exists()
    assert Provider.objects.active().count() == 3


@pytest.mark.parametrize("button", BULK)
def test_a_viewer_is_refused_on_record(browse, viewer, three, button):
    answer = press(browse(viewer), button, *three)

    assert answer.status_code == 403
    assert AuditEvent.objects.filter(outcome="denied", actor_id=viewer.public_id).count() == 3
    assert Provider.objects.active().count() == 3


@pytest.mark.parametrize("button", [name for name in BULK if name != "disable_several"])
def test_nothing_is_done_by_a_link(browse, editor, button):
    assert browse(editor).get(provider_url(button)).status_code == 405


def test_those_of_a_project_where_one_only_looks_refuse_by_name(browse, editor, three):
    elsewhere = make_project("Boreal")
    theirs = make_provider(elsewhere, name="Theirs")
    Membership.objects.add(elsewhere, editor, Role.VIEWER, by=None)

    answer = press(browse(editor), "disable_several", three[0], theirs)

    said = text_of(answer)
    assert "1 provider disabled. 1 provider refused:" in said
    assert "Theirs: Needs the role editor or above." in said
