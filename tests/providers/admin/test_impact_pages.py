"""The impact of a provider, a model and a secret: as a page, as a dialog, inside a question."""

import pytest
from django.urls import reverse

from tests.factories import make_provider, make_secret
from tests.providers.admin.addresses import IN_DIALOG, model_url, provider_url, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(project):
    secret = make_secret(project, name="Main key")
    return make_provider(project, name="Main", models=("gpt-a", "gpt-b"), secret=secret)


def test_the_impact_stands_on_a_page_of_its_own_and_in_a_dialog(browse, viewer, provider):
    browser = browse(viewer)

    page = text_of(browser.get(provider_url("impact", provider)))
    dialog = text_of(browser.get(provider_url("impact", provider), headers=IN_DIALOG))

    assert "‹ Main" in page
    for said in (page, dialog):
        assert "Impact of Main" in said
        assert "2 models : gpt-a , gpt-b" in said
        assert "1 secret : Main key" in said
    assert "Delete" not in dialog


def test_what_refuses_a_deletion_is_named_and_no_button_offers_it(
    browse, owner, project, provider, activate
):
    activate(provider.models.first())

    said = text_of(browse(owner).get(provider_url("delete", provider), headers=IN_DIALOG))

    assert "make another model active first" in said
    assert "Stands in the way 1 project (active model): Aurora" in said
    assert "Delete provider" not in said


def test_a_removal_says_what_is_cleared(browse, owner, provider):
    model = provider.models.first()

    said = text_of(browse(owner).get(model_url("delete", model), headers=IN_DIALOG))

    assert "Stays, and loses it 1 provider (default model): Main" in said
    assert "Remove model" in said


def test_the_last_model_has_no_button_to_remove_it(browse, owner, provider):
    provider.models.last().delete()

    asked = browse(owner).get(model_url("delete", provider.models.get()), headers=IN_DIALOG)

    assert "delete the provider instead" in text_of(asked)
    assert "Remove model" not in text_of(asked)


def test_a_secrets_impact_names_the_providers_that_use_it(browse, viewer, provider):
    where = reverse("admin:providers_secret_impact", args=[provider.secret.public_id])

    said = text_of(browse(viewer).get(where))

    assert "Stands in the way 1 provider (secret): Main" in said


def test_the_menus_lead_to_the_impact_whoever_looks(browse, viewer, provider):
    page = browse(viewer).get(provider_url("detail", provider)).content.decode()

    assert provider_url("impact", provider) in page
    assert model_url("impact", provider.models.first()) in page
