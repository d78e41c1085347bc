"""Who may do what in the list of providers: one table, read from the registry of permissions."""

import pytest
from django.urls import reverse

from accounts.models import Role
from accounts.permissions import declared_for_url
from providers import tasks
from providers.models import Provider
from tests.factories import make_provider
from tests.providers.admin.addresses import HTMX, provider_url
from tests.providers.admin.test_row_menus import menu_of

pytestmark = pytest.mark.django_db

WHO = ("viewer", "editor", "admin", "owner", "staff", "stranger")
LOOKS = ("providers_provider_menu", "providers_providermodel_menu")
ASKS = (
    *("providers_provider_change", "providers_provider_delete", "providers_provider_disable"),
    "providers_providermodel_delete",
)
PRESSES = (
    *("providers_provider_test", "providers_provider_enable", "providers_provider_disable"),
    "providers_provider_delete",
    *("providers_providermodel_test", "providers_providermodel_set_active"),
    *("providers_providermodel_set_fallback", "providers_providermodel_delete"),
)
BULK = ("test_several", "enable_several", "disable_several", "import_several")
ITEMS = {
    "provider": {
        "View": "providers_provider_detail",
        "Edit": "providers_provider_change",
        "Test all models": "providers_provider_test",
        "Disable": "providers_provider_disable",
        "Delete": "providers_provider_delete",
    },
    "providermodel": {
        "Test connection": "providers_providermodel_test",
        "Set active": "providers_providermodel_set_active",
        "Set fallback": "providers_providermodel_set_fallback",
        "Remove model": "providers_providermodel_delete",
    },
}


@pytest.fixture
def provider(project, monkeypatch):
    monkeypatch.setattr(tasks, "_send", lambda _operation: None)
    return make_provider(project, models=("m1", "m2"))


@pytest.fixture(params=WHO)
def who(request):
    return request.param


@pytest.fixture
def browser(who, request, browse, project):
    return browse(request.getfixturevalue(who))


def holds(who, page):
    """Read from the registry whether somebody has what a page asks for."""
    if who in {"staff", "stranger"}:
        return who == "staff"
    asked = declared_for_url(f"admin:{page}").permissions
    return all(permission.is_held_by(Role(who)) for permission in asked)


def address(page, provider):
    target = provider if page.startswith("providers_provider_") else provider.models.last()
    return reverse(f"admin:{page}", args=[target.public_id])


def expected(who, page, *, done=(200, 204)):
    if who == "stranger":
        return (404,)
    return done if holds(who, page) else (403,)


@pytest.mark.parametrize("page", LOOKS)
def test_menus_open_for_whoever_sees_the_row(browser, who, provider, page):
    answer = browser.get(address(page, provider), headers=HTMX)

    assert answer.status_code in expected(who, page)


@pytest.mark.parametrize("page", ASKS)
def test_questions_are_put_to_those_who_may_answer_them(browser, who, provider, page):
    answer = browser.get(address(page, provider), headers=HTMX)

    # The form leads those who may only look to the provider's own page.
    is_reader = page.endswith("_change") and not holds(who, page) and who != "stranger"
    assert answer.status_code in ((302,) if is_reader else expected(who, page))


@pytest.mark.parametrize("page", PRESSES)
def test_buttons_work_for_those_who_have_the_permission(browser, who, provider, page):
    answer = browser.post(address(page, provider), headers=HTMX)

    assert answer.status_code in expected(who, page)


@pytest.mark.parametrize("button", BULK)
def test_the_bar_works_for_those_who_have_the_permission(browser, who, provider, button):
    answer = browser.post(provider_url(button), {"ticked": [provider.public_id]}, headers=HTMX)

    allowed = expected(who, f"providers_provider_{button}")
    assert answer.status_code in ((409,) if who == "stranger" else allowed)


@pytest.mark.parametrize("row", ITEMS)
def test_a_menu_greys_what_one_lacks_and_nothing_else(browser, who, provider, row):
    where = address(f"providers_{row}_menu", provider)
    if who == "stranger":
        assert browser.get(where, headers=HTMX).status_code == 404
        return

    reasons = {label.rstrip("…"): reason for label, reason in menu_of(browser, where).items()}

    offered = {label: not reason for label, reason in reasons.items()}
    assert offered == {label: holds(who, page) for label, page in ITEMS[row].items()}


def test_the_list_shows_what_one_sees_and_offers_what_one_may(browser, who, provider):
    answer = browser.get(provider_url("changelist"), {"project": "all"} if who == "staff" else {})

    said = answer.content.decode()
    assert (provider.public_id in said) == (who != "stranger")
    # A stranger is the owner of a project of their own, where they may add.
    may_add = who == "stranger" or holds(who, "providers_provider_add")
    assert (provider_url("add") in said) == may_add
    assert ('name="ticked"' in said) == (holds(who, "providers_provider_test"))


def test_nobody_has_changed_what_they_may_not(browser, who, provider):
    for page in PRESSES:
        if not holds(who, page):
            browser.post(address(page, provider), headers=HTMX)

    if not holds(who, "providers_provider_disable"):
        assert Provider.objects.get().is_active
    if not holds(who, "providers_provider_delete"):
        assert Provider.objects.get().models.count() == 2
