"""Each page and button of providers and models, asked for by everybody who might."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role
from providers.models import Operation, Provider, ProviderModel
from tests.factories import make_member, make_provider, make_secret, make_user
from tests.providers.admin.addresses import HTMX, model_url, provider_url

pytestmark = pytest.mark.django_db

PROVIDER_BUTTONS = ("enable", "disable", "test", "import_catalog", "check", "refresh_models")
MODEL_BUTTONS = (
    *("test", "set_active", "set_fallback", "remove_fallback"),
    *("enable", "disable"),
)

PAGES = (
    *("provider", "secret", "operation", "badge"),
    *("provider impact", "model impact", "secret impact"),
)


@pytest.fixture
def provider(project):
    secret = make_secret(project)
    return make_provider(project, models=("m1", "m2"), secret=secret)


@pytest.fixture
def pages(provider, editor):
    """Every page about the provider that only shows something."""
    model = provider.models.first()
    operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=editor)
    operation.finish(Operation.State.SUCCEEDED, message="It answered.")
    secret = provider.secret.public_id
    return {
        "provider": provider_url("detail", provider),
        "secret": reverse("admin:providers_secret_change", args=[secret]),
        "operation": reverse("admin:providers_operation_change", args=[operation.public_id]),
        "badge": reverse("admin:providers_operation_badge", args=[operation.public_id]),
        "provider impact": provider_url("impact", provider),
        "model impact": model_url("impact", model),
        "secret impact": reverse("admin:providers_secret_impact", args=[secret]),
    }


@pytest.fixture
def changes(provider):
    """Every address about the provider that changes something, or asks before it does."""
    model = provider.models.first()
    secret = provider.secret.public_id
    add_model = reverse("admin:providers_providermodel_add", args=[provider.public_id])
    return (
        *(
            provider_url(name, provider)
            for name in (*PROVIDER_BUTTONS, "change", "delete", "listed")
        ),
        *(model_url(name, model) for name in (*MODEL_BUTTONS, "change", "delete", "reset")),
        add_model,
        reverse("admin:providers_secret_replace", args=[secret]),
        reverse("admin:providers_secret_delete", args=[secret]),
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_strangers_page_does_not_exist(browse, stranger, pages, page):
    assert browse(stranger).get(pages[page]).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_may_look(browse, viewer, pages, page):
    assert browse(viewer).get(pages[page]).status_code == 200


def test_a_stranger_changes_nothing_for_nothing_is_there(browse, stranger, changes):
    browser = browse(stranger)

    answers = {where: browser.post(where).status_code for where in changes}

    assert set(answers.values()) == {404}, answers


def test_a_viewer_changes_nothing_and_each_attempt_is_on_record(browse, viewer, changes):
    browser = browse(viewer)

    answers = {where: browser.post(where).status_code for where in changes}

    assert set(answers.values()) == {403}, answers
    denied = AuditEvent.objects.filter(outcome="denied", actor_id=viewer.public_id)
    assert denied.count() == len(changes)
    assert ProviderModel.objects.count() == 2


def test_an_editor_deletes_neither_providers_nor_secrets(browse, editor, provider):
    browser = browse(editor)
    secret = reverse("admin:providers_secret_delete", args=[provider.secret.public_id])

    assert browser.post(provider_url("delete", provider)).status_code == 403
    assert browser.post(secret).status_code == 403


def test_nothing_changes_by_a_link(browse, owner, provider):
    browser = browse(owner)
    model = provider.models.first()

    buttons = [name for name in PROVIDER_BUTTONS if name != "disable"]
    answers = [browser.get(provider_url(name, provider)) for name in buttons]
    buttons = [name for name in MODEL_BUTTONS if name != "disable"]
    answers += [browser.get(model_url(name, model)) for name in buttons]
    asked = [
        browser.get(url) for url in (provider_url("disable", provider), model_url("disable", model))
    ]

    assert {answer.status_code for answer in answers} == {405}
    assert [answer.status_code for answer in asked] == [200, 200]
    assert Operation.objects.count() == 0
    assert Provider.objects.get().is_active


def test_a_change_needs_the_token_of_its_page(owner, provider):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    answer = browser.post(provider_url("disable", provider), headers=HTMX)

    assert answer.status_code == 403
    assert Provider.objects.get().is_active


def test_nobody_who_is_not_signed_in_gets_past_the_door(client, pages, changes):
    answers = [client.get(where) for where in pages.values()]
    answers += [client.post(where) for where in changes]

    assert {answer.status_code for answer in answers} == {302}
    assert all("/admin/login/" in answer.headers["Location"] for answer in answers)


def test_a_viewer_who_follows_an_edit_link_lands_on_the_page(browse, viewer, provider):
    answer = browse(viewer).get(provider_url("change", provider))

    assert answer.status_code == 302
    assert answer.headers["Location"] == provider_url("detail", provider)


def test_a_viewer_may_not_add(browse, viewer):
    browser = browse(viewer)

    assert browser.get(provider_url("add")).status_code == 403
    assert browser.post(provider_url("add"), {"name": "X", "kind": "openai"}).status_code == 403


def test_the_list_does_not_exist_for_members_of_an_archived_project(browse, project, owner):
    member = make_member(project, Role.EDITOR)
    project.archive(by=owner)

    assert browse(member).get(provider_url("changelist")).status_code == 404


def test_somebody_without_any_project_does_not_get_in(browse):
    answer = browse(make_user()).get(provider_url("changelist"))

    assert answer.status_code == 302
    assert "/admin/login/" in answer.headers["Location"]


def test_a_shared_provider_is_changed_by_staff_alone(browse, owner, staff):
    shared = Provider.objects.create(project=None, name="For all", kind="openai")

    assert browse(owner).get(provider_url("detail", shared)).status_code == 200
    assert browse(owner).post(provider_url("disable", shared)).status_code == 403
    assert browse(staff).post(provider_url("disable", shared)).status_code == 302
    assert not Provider.objects.get().is_active


def test_a_secret_of_a_project_is_named_to_nobody_else(browse, stranger, provider):
    where = reverse("admin:providers_secret_changelist")

    said = browse(stranger).get(where).content.decode()

    assert provider.secret.name not in said


@pytest.mark.parametrize("model", ["catalogentry", "egressrule"])
def test_what_staff_look_after_does_not_exist_for_tenants(browse, owner, staff, model):
    where = reverse(f"admin:providers_{model}_changelist")

    assert browse(owner).get(where).status_code == 404
    assert browse(staff).get(where).status_code == 200


def test_addresses_never_hold_a_database_key(browse, editor, provider):
    provider_page = browse(editor).get(provider_url("detail", provider)).content.decode()

    assert f"/provider/{provider.pk}/" not in provider_page
    assert f"/providermodel/{provider.models.first().pk}/" not in provider_page
    assert browse(editor).get(f"/admin/providers/provider/{provider.pk}/detail/").status_code == 404
