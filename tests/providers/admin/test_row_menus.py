"""The menus of rows: only what applies, and in grey with its reason what a rule forbids."""

import re
from html import unescape

import pytest

from providers.models import Operation, Provider, ProviderModel, Status
from tests.factories import make_grant, make_provider
from tests.providers.admin.addresses import HTMX, model_url, provider_url

pytestmark = pytest.mark.django_db

GREYED = re.compile(r'aria-disabled="true"[^>]*>\s*([^<]+)<small>([^<]*)</small>')
OFFERED = re.compile(r'<(?:a|button)[^>]*role="menuitem"[^>]*>([^<]+)</')


def menu_of(browser, where):
    """Give what a menu offers, in order, with the reason where it is greyed."""
    answer = browser.get(where, headers=HTMX)
    assert answer.status_code == 200
    said = unescape(answer.content.decode())
    greyed = [(found.start(), found[1].strip(), found[2]) for found in GREYED.finditer(said)]
    offered = [(found.start(), found[1].strip(), "") for found in OFFERED.finditer(said)]
    return {label: reason for _, label, reason in sorted(greyed + offered)}


def test_a_menu_shows_the_refusal_of_what_a_rule_forbids(browse, owner, project, activate):
    provider = make_provider(project, name="Main", models=("main",))
    activate(provider.models.get())
    browser = browse(owner)

    of_provider = menu_of(browser, provider_url("menu", provider))
    of_model = menu_of(browser, model_url("menu", provider.models.get()))

    assert of_provider["Disable"] == (
        "“Main” owns the active model and can't be disabled: make another model active first."
    )
    assert "can't be deleted" in of_provider["Delete"]
    assert of_model == {
        "Test connection": "",
        "Remove model": "main is the active model and can't be removed: "
        "make another one active first.",
    }


def test_the_menu_of_a_provider_has_what_its_status_allows(browse, owner, project):
    provider = make_provider(project)
    off = make_provider(project, status=Status.DISABLED)
    browser = browse(owner)

    assert list(menu_of(browser, provider_url("menu", provider))) == [
        *("View", "Edit…", "Test all models", "Disable…", "Delete…"),
    ]
    assert "Enable" in menu_of(browser, provider_url("menu", off))


def test_the_last_model_can_not_be_removed_from_its_menu(browse, editor, project):
    model = make_provider(project, name="One", models=("only",)).models.get()

    menu = menu_of(browse(editor), model_url("menu", model))

    assert menu["Remove model"] == "only is the last model of “One”: delete the provider instead."


def test_a_menu_has_only_what_applies(browse, editor, project, activate):
    provider = make_provider(project, models=("main", "spare", "other", "text-embedding"))
    provider.models.filter(upstream_id="text-embedding").update(kind="embedding")
    routing = activate(provider.models.get(upstream_id="main"))
    routing.set_fallback(provider.models.get(upstream_id="spare"))
    browser = browse(editor)

    labels = [list(menu_of(browser, model_url("menu", model))) for model in provider.models.all()]

    assert labels == [
        ["Test connection", "Remove model"],
        ["Test connection", "Set active", "Remove fallback", "Remove model…"],
        ["Test connection", "Set active", "Set fallback", "Remove model…"],
        ["Test connection", "Remove model…"],
    ]


def test_a_disabled_providers_models_can_not_be_made_active(browse, editor, project):
    provider = make_provider(project, name="Off", models=("m1", "m2"), status=Status.DISABLED)

    menu = menu_of(browse(editor), model_url("menu", provider.models.first()))

    assert menu["Set active"] == "m1 at Off is disabled: enable it first."
    assert menu["Set fallback"] == menu["Set active"]


def test_a_model_that_is_being_tested_is_not_tested_again(browse, editor, project):
    model = make_provider(project).models.get()
    Operation.start(Operation.Verb.TEST_MODEL, model, by=editor)

    menu = menu_of(browse(editor), model_url("menu", model))

    assert menu["Test connection"] == "It is being tested."


def test_a_viewer_sees_in_grey_what_needs_a_role(browse, viewer, project):
    provider = make_provider(project, models=("m1", "m2"))
    browser = browse(viewer)

    reasons = menu_of(browser, provider_url("menu", provider))
    reasons |= menu_of(browser, model_url("menu", provider.models.first()))

    assert reasons.pop("View") == ""
    assert reasons.pop("Delete") == "Needs the role admin or above."
    assert set(reasons.values()) == {"Needs the role editor or above."}


def test_a_shared_provider_says_that_staff_change_it(browse, editor, project):
    shared = Provider.objects.create(project=None, name="For all", kind="openai")
    model = ProviderModel.objects.create(provider=shared, upstream_id="m1")
    browser = browse(editor)

    of_provider = menu_of(browser, provider_url("menu", shared))
    refused = menu_of(browser, model_url("menu", model))
    make_grant(project=project, provider=shared)
    granted = menu_of(browser, model_url("menu", model))

    assert of_provider["Edit"] == "It is shared: only staff change it."
    assert refused["Set active"] == "For all is shared, and not granted to this project."
    assert granted["Set active"] == ""


def test_a_strangers_menus_do_not_exist(browse, stranger, project):
    provider = make_provider(project)
    browser = browse(stranger)

    assert browser.get(provider_url("menu", provider)).status_code == 404
    assert browser.get(model_url("menu", provider.models.get())).status_code == 404


def test_a_menu_costs_the_same_with_one_model_and_with_many(browse, editor, project, queries_of):
    provider = make_provider(project, models=("m1",))
    browser = browse(editor)
    pages = (provider_url("menu", provider), model_url("menu", provider.models.get()))
    before = [queries_of(browser, page) for page in pages]

    for number in range(8):
        ProviderModel.objects.create(provider=provider, upstream_id=f"more-{number}")
        make_provider(project)

    assert [queries_of(browser, page) for page in pages] == before
    assert max(before) <= MOST_QUERIES


MOST_QUERIES = 10
