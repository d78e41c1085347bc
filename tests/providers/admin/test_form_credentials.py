"""A provider's credential: typed, stored already, or none; it goes where it was entered for."""

import re

import pytest

from providers.models import Provider
from tests.factories import make_catalog_entry, make_provider, make_secret
from tests.providers.admin.addresses import HTMX, provider_url, text_of

pytestmark = pytest.mark.django_db

KEY = "sk-test-9876543210fedcba"
HOST = "127.0.0.1:9"
BASE_URL = f"http://{HOST}/v1"


def linked(secret, **changes):
    return {
        "name": "Linked",
        "kind": "openai",
        "credential_from": "stored",
        "secret": secret.public_id,
        "models.openai": ["gpt-a"],
        "degraded_threshold_ms": "5000",
    } | changes


def offered(answer):
    """Give the names of the stored credentials that the form offers."""
    return re.findall(r'<option value="sec_\w+"[^>]*>([^·<]+) ·', answer.content.decode())


@pytest.fixture
def team_key(project):
    return make_secret(project, name="Team key", values={"api_key": KEY})


@pytest.fixture
def server_key(project):
    return make_secret(project, name="Server key", kind="custom", host=f"http://{HOST}")


def test_a_stored_credential_of_the_project_can_be_used(browse, editor, team_key):
    browser = browse(editor)

    shown = browser.get(provider_url("add"))
    browser.post(provider_url("add"), linked(team_key))

    assert offered(shown) == ["Team key"]
    assert KEY not in shown.content.decode()
    assert Provider.objects.get().secret == team_key


def test_without_a_stored_credential_there_is_nothing_to_choose(browse, editor):
    said = browse(editor).get(provider_url("add")).content.decode()

    assert "credential_from" not in said


def test_only_credentials_of_the_kind_and_the_host_are_offered(browse, editor, team_key, project):
    make_secret(project, name="Groq key", kind="groq", host="api.groq.com")
    make_secret(project, name="Moved key", host="old.example.com")

    shown = browse(editor).get(provider_url("add"))

    assert offered(shown) == ["Team key"]


def test_the_base_url_decides_which_ones_fit(browse, editor, server_key):
    browser = browse(editor)
    posted = {"name": "X", "kind": "custom", "fields_of": "custom", "_follow": "1"}

    here = browser.post(provider_url("add"), posted | {"base_url": BASE_URL}, headers=HTMX)
    elsewhere = browser.post(
        provider_url("add"), posted | {"base_url": "http://127.0.0.1:10/v1"}, headers=HTMX
    )

    assert offered(here) == ["Server key"]
    assert offered(elsewhere) == []
    assert "1 stored credential of this type was entered for another host" in text_of(elsewhere)


@pytest.mark.parametrize("address", ["http://[", "http://[::1", "://", "x" * 600])
def test_an_address_that_is_none_offers_nothing_and_breaks_nothing(
    browse, editor, team_key, address
):
    posted = {"name": "X", "kind": "custom", "base_url": address, "_follow": "1"}

    answer = browse(editor).post(provider_url("add"), posted, headers=HTMX)

    assert answer.status_code == 200
    assert offered(answer) == []


def test_a_strangers_credential_does_not_exist(browse, editor, team_key):
    theirs = make_secret(name="Their key")

    answer = browse(editor).post(provider_url("add"), linked(theirs))

    assert "no such credential here" in answer.context["form"].errors["secret"][0]
    assert not Provider.objects.exists()


def test_a_credential_for_another_host_is_refused_at_its_field(browse, editor, server_key):
    posted = linked(server_key, kind="custom", base_url="http://127.0.0.1:10/v1")

    answer = browse(editor).post(provider_url("add"), posted)

    errors = answer.context["form"].errors
    assert errors["credential_from"] == ["No stored credential fits here. Enter it."]
    assert not Provider.objects.exists()


def test_which_one_is_asked_for_where_none_was_chosen(browse, editor, team_key):
    answer = browse(editor).post(provider_url("add"), linked(team_key) | {"secret": ""})

    errors = answer.context["form"].errors
    assert errors == {"secret": ["Choose one of the stored credentials."]}


def test_a_key_that_was_typed_before_the_stored_one_was_chosen_is_not_used(
    browse, editor, team_key
):
    browse(editor).post(provider_url("add"), linked(team_key, api_key="sk-test-typed-0123456789"))

    assert Provider.objects.get().secret.prefix == team_key.prefix
    assert team_key.providers.count() == 1


def test_staff_keep_credentials_of_shared_providers_apart(browse, staff, team_key):
    browser = browse(staff)

    answer = browser.post(provider_url("add"), linked(team_key, owner="shared"))

    assert answer.status_code == 422
    assert not Provider.objects.exists()


def test_fetching_uses_the_stored_credential_that_was_chosen(
    browse, editor, server_key, monkeypatch
):
    asked = []
    monkeypatch.setattr(
        "providers.services.connections.live_models",
        lambda _kind, endpoint, *_where, **_when: asked.append(endpoint.credential) or (),
    )
    posted = linked(server_key, kind="custom", base_url=BASE_URL, _fetch="1")

    browse(editor).post(provider_url("add"), posted, headers=HTMX)

    assert asked == [{"api_key": "sk-test-0123456789abcdef"}]


def test_a_kind_that_just_changed_sends_no_key_to_its_server(browse, editor, monkeypatch):
    monkeypatch.setattr(
        "providers.services.connections.live_models", lambda *_a, **_k: pytest.fail("it was asked")
    )
    posted = {"name": "X", "kind": "groq", "fields_of": "openai", "api_key": KEY, "_fetch": "1"}

    answer = browse(editor).post(provider_url("add"), posted, headers=HTMX)

    assert "The type has just changed." in text_of(answer)


@pytest.fixture
def keyed(project):
    secret = make_secret(project, kind="custom", host=f"http://{HOST}")
    return make_provider(project, kind="custom", base_url=BASE_URL, secret=secret, models=("a",))


def edited(provider, **changes):
    return {
        "name": provider.name,
        "kind": "custom",
        "base_url": BASE_URL,
        "models.custom": ["a"],
        "degraded_threshold_ms": "5000",
    } | changes


def test_an_optional_credential_can_be_given_up(browse, editor, keyed):
    browse(editor).post(provider_url("change", keyed), edited(keyed, credential_from="none"))

    assert Provider.objects.get().secret is None


def test_another_host_needs_no_key_where_the_old_one_is_given_up(browse, editor, keyed):
    elsewhere = {"base_url": "http://127.0.0.1:10/v1"}
    where, browser = provider_url("change", keyed), browse(editor)

    refused = browser.post(where, edited(keyed, **elsewhere))
    accepted = browser.post(where, edited(keyed, credential_from="none", **elsewhere))

    assert "Enter the credential again" in refused.context["form"].errors["base_url"][0]
    assert accepted.status_code == 302


def test_another_kind_needs_its_own_credential(browse, editor, keyed):
    make_catalog_entry("gpt-a")
    posted = edited(keyed, kind="openai", **{"models.openai": ["gpt-a"]})

    answer = browse(editor).post(provider_url("change", keyed), posted)

    assert answer.context["form"].errors == {"api_key": ["API key is required."]}
    assert Provider.objects.get().kind == "custom"


def test_a_required_credential_can_not_be_given_up(browse, editor, project, team_key):
    provider = make_provider(project, secret=team_key)

    said = browse(editor).get(provider_url("change", provider)).content.decode()

    assert 'value="none"' not in said


def test_a_new_key_for_one_provider_leaves_the_others_on_the_stored_one(
    browse, editor, project, team_key
):
    first, second = (make_provider(project, secret=team_key, models=("a",)) for _ in range(2))
    posted = {
        "name": first.name,
        "kind": "openai",
        "api_key": "sk-other-0123456789abcdef",
        "models.openai": ["a"],
        "degraded_threshold_ms": "5000",
    }

    browse(editor).post(provider_url("change", first), posted)

    first.refresh_from_db()
    second.refresh_from_db()
    assert second.secret == team_key
    assert first.secret != team_key


def test_the_form_costs_the_same_with_many_stored_credentials(
    browse, editor, project, team_key, queries_of
):
    browser, where = browse(editor), provider_url("add")
    before = queries_of(browser, where)

    for number in range(10):
        make_secret(project, name=f"Key {number}")

    assert queries_of(browser, where) == before
