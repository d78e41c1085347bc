"""A record of a kind that this version does not know: seen, deleted, never called."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role
from providers.kinds.kind import KindUnavailable
from providers.kinds.registry import stored_kind
from providers.kinds.vocabulary import ErrorClass, ListingUnsupported
from providers.models import Provider, SecretUse
from providers.services import connections, providers
from providers.services.drafts import draft_of
from tests.factories import make_key, make_member, make_project, make_provider, make_secret
from tests.providers.admin.addresses import model_url, provider_url, text_of

pytestmark = pytest.mark.django_db

SLUG = "from-tomorrow"
TOLD = f"does not know the type “{SLUG}”"


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def owner(project):
    return make_member(project, Role.OWNER)


@pytest.fixture
def provider(project):
    secret = make_secret(project, kind=SLUG, host="llm.example.com")
    return make_provider(
        project, kind=SLUG, name="Tomorrow", secret=secret, base_url="https://llm.example.com/v1"
    )


@pytest.fixture
def browser(client, owner):
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_it_is_a_kind_that_says_why_nothing_calls_it():
    kind = stored_kind(SLUG)

    assert (kind.slug, kind.label, kind.formats) == (SLUG, f"Unknown type “{SLUG}”", frozenset())
    assert TOLD in kind.unavailable_reason
    with pytest.raises(KindUnavailable, match=TOLD):
        kind.dialect_for_model("chat")


@pytest.mark.parametrize("page", ["detail", "change", "delete"])
def test_every_page_of_it_opens(browser, provider, page):
    assert browser.get(provider_url(page, provider)).status_code == 200


def test_the_list_shows_it_beside_the_others(browser, project, provider):
    make_provider(project, name="Plain")

    said = text_of(browser.get(provider_url("changelist")))

    assert "Tomorrow" in said
    assert f"Unknown type “{SLUG}”" in said
    assert "Plain" in said


def test_the_list_can_be_narrowed_to_it(browser, project, provider):
    make_provider(project, name="Plain")

    said = text_of(browser.get(provider_url("changelist"), {"kind": SLUG}))

    assert "1 provider, 1 model." in said
    assert "Tomorrow" in said
    assert "Plain" not in said


@pytest.mark.parametrize("page", ["change", "delete"])
def test_the_pages_of_its_models_open(browser, provider, page):
    assert browser.get(model_url(page, provider.models.get())).status_code == 200


def test_its_secret_is_listed_and_can_not_be_replaced(browser, provider):
    listed = browser.get(reverse("admin:providers_secret_changelist"))
    replace = reverse("admin:providers_secret_replace", args=[provider.secret.public_id])

    answer = browser.post(replace, {"api_key": "sk-whatever-0123456789"})

    assert f"Unknown type “{SLUG}”" in text_of(listed)
    assert browser.get(replace).status_code == 200
    assert answer.status_code == 422
    assert TOLD in text_of(answer)


def test_scripts_list_it_without_an_address(project, provider):
    _, token = make_key(project)
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    [said] = api.get("/api/v1/ai-providers").json()["data"]

    assert (said["provider"], said["baseUrl"]) == (SLUG, "")


@pytest.mark.parametrize("call", [connections.ask, connections.test_connection])
def test_a_test_fails_and_opens_no_credential(provider, call):
    model = provider.models.select_related("provider__secret").get()

    outcome = call(model, now=timezone.now())

    assert (outcome.ok, outcome.error_class) == (False, ErrorClass.BAD_REQUEST)
    assert TOLD in outcome.message
    assert not SecretUse.objects.exists()


def test_a_probe_fails_and_a_list_is_not_asked_for(provider):
    assert TOLD in connections.probe(provider, now=timezone.now()).message
    with pytest.raises(ListingUnsupported, match=TOLD):
        connections.live_models_of(provider, now=timezone.now())


def test_it_can_not_be_saved_as_it_is(provider, owner):
    with pytest.raises(ValidationError) as refusal:
        providers.change(provider, draft_of(provider), by=owner, now=timezone.now())

    assert TOLD in refusal.value.message_dict["kind"][0]


def test_it_can_be_deleted(provider, owner):
    providers.remove(provider, by=owner)

    assert not Provider.objects.exists()
