"""Role × action on a provider's page, as the registry of permissions has it."""

from http import HTTPStatus

import pytest

from accounts.models import Role
from accounts.permissions import declared_for_url
from tests.factories import make_catalog_entry, make_provider, make_secret
from tests.providers.admin.addresses import HTMX, model_url, provider_url

pytestmark = pytest.mark.django_db

WHO = ("stranger", "viewer", "editor", "admin", "owner", "staff")
OF_PROVIDER = {
    "detail": "get",
    "impact": "get",
    "health": "get",
    "charts": "get",
    "freshen": "post",
    "check": "post",
    "test": "post",
    "import_catalog": "post",
    "refresh_models": "post",
    "listed": "get",
    "enable": "post",
    "disable": "post",
    "delete": "get",
}
OF_MODEL = {
    "impact": "get",
    "test": "post",
    "change": "get",
    "enable": "post",
    "disable": "post",
    "reset": "get",
    "delete": "get",
}
# What the page offers to press, by the page that it leads to; the rest are pages or follow others.
OFFERED = ("check", "import_catalog", "refresh_models", "disable", "delete", "impact", "change")


@pytest.fixture
def provider(project):
    make_catalog_entry("gpt-new")
    return make_provider(project, name="Main", models=("m1", "m2"), secret=make_secret(project))


@pytest.fixture
def people(request):
    return request.getfixturevalue


def may(who, url_name):
    """Read the registry's answer: whether somebody of that standing may do all it is there for."""
    needed = declared_for_url(url_name).permissions
    assert needed
    return who == "staff" or all(permission.is_held_by(Role(who)) for permission in needed)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("page", OF_PROVIDER)
def test_each_action_on_a_provider_is_for_whom_the_registry_says(
    browse, people, provider, who, page
):
    answer = getattr(browse(people(who)), OF_PROVIDER[page])(
        provider_url(page, provider), headers=HTMX
    )

    assert_fits(answer, who, f"admin:providers_provider_{page}")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("page", OF_MODEL)
def test_each_action_on_a_model_is_for_whom_the_registry_says(browse, people, provider, who, page):
    model = provider.models.last()

    answer = getattr(browse(people(who)), OF_MODEL[page])(model_url(page, model), headers=HTMX)

    if (page, who) == ("change", "viewer"):  # a link to it leads where it can be looked at
        assert answer.headers["Location"] == provider_url("detail", provider)
        answer = browse(people(who)).post(model_url(page, model), headers=HTMX)
    assert_fits(answer, who, f"admin:providers_providermodel_{page}")


def assert_fits(answer, who, url_name):
    refused = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    if who == "stranger":
        assert answer.status_code == HTTPStatus.NOT_FOUND
    elif may(who, url_name):
        assert answer.status_code not in refused
    else:
        assert answer.status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("who", WHO[1:])
@pytest.mark.parametrize("page", OFFERED)
def test_the_page_offers_exactly_what_its_reader_may_press(browse, people, provider, who, page):
    shown = browse(people(who)).get(provider_url("detail", provider)).content.decode()

    where = provider_url(page, provider)
    is_offered = f'hx-post="{where}"' in shown or f'hx-get="{where}"' in shown

    assert is_offered is may(who, f"admin:providers_provider_{page}")
