"""Models that go by names which their owner gave: the catalog's values come by naming an entry."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Role
from providers import tasks
from providers.kinds.registry import KINDS
from providers.models import CatalogEntry, Operation, ProviderModel
from providers.models.refusals import NothingToImport
from providers.services import catalog, model_lists, work
from tests.factories import (
    make_catalog_entry,
    make_key,
    make_member,
    make_project,
    make_provider,
    make_staff,
)
from tests.providers.admin.addresses import model_url, provider_url, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def owner(project):
    return make_member(project, Role.OWNER)


@pytest.fixture
def azure(project):
    return make_provider(
        project,
        kind="azure",
        name="Main",
        models=["gpt-prod"],
        base_url="https://contoso.openai.azure.com",
        config={"deployment": "gpt-prod"},
    )


@pytest.fixture
def entry():
    return make_catalog_entry(
        "gpt-x",
        provider_kind="azure",
        name="GPT X",
        input_price="1.5",
        output_price="6",
        context_window=400_000,
        has_tools=True,
        deprecated_on="2027-01-31",
    )


@pytest.fixture
def browser(client, owner):
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def deployment(provider, **fields):
    return ProviderModel(provider=provider, upstream_id="gpt-small", **fields)


def test_azure_alone_calls_models_by_names_that_people_gave():
    assert [slug for slug, kind in KINDS.items() if kind.models_have_own_names] == ["azure"]


def test_nothing_of_the_catalog_is_offered_or_imported(azure, entry, browser):
    assert not CatalogEntry.objects.importable_to(azure.kind_row).exists()
    assert "Import from catalog" not in text_of(browser.get(provider_url("detail", azure)))
    assert "gpt-x" not in text_of(browser.get(provider_url("change", azure)))
    with pytest.raises(NothingToImport, match="Add each by its name"):
        catalog.import_into(azure)


def test_an_import_is_refused_before_it_is_queued(azure, entry, owner):
    with pytest.raises(NothingToImport):
        tasks.begin_import(azure, by=owner)

    assert not Operation.objects.exists()


def test_an_import_into_several_names_it_as_not_imported(azure, entry, owner):
    (whole,) = tasks.begin_imports([azure], by=owner)

    for part in whole.parts.all():
        tasks.work_at(part.pk, work.import_catalog, worker="here")

    whole.refresh_from_db()
    assert "Add each by its name" in whole.parts.get().message
    assert whole.message.endswith(f"Not imported: {azure.name}.")
    assert whole.result["ok"] is False


def test_a_script_is_told_why(azure, entry, project):
    _, token = make_key(project)
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    answer = api.post(f"/api/v1/ai-providers/{azure.public_id}/import-catalog")

    assert answer.status_code == 409
    assert "names that its owner gave them" in answer.json()["error"]["message"]


def test_a_deployment_takes_the_values_of_the_model_that_is_named(azure, entry, owner):
    model = deployment(azure, catalog_id="gpt-x")

    model_lists.add_custom(model, by=owner)

    model.refresh_from_db()
    assert (model.input_price, model.output_price) == (Decimal("1.5"), Decimal(6))
    assert (model.context_window, model.has_tools, model.name) == (400_000, True, "GPT X")
    assert (model.source, str(model.deprecated_on)) == (entry.source, "2027-01-31")


def test_what_was_typed_wins(azure, entry, owner):
    typed = {"input_price": Decimal(0), "context_window": 8000, "has_vision": True}
    model = deployment(azure, catalog_id="gpt-x", **typed)

    model_lists.add_custom(model, by=owner)

    assert (model.input_price, model.context_window, model.has_vision) == (0, 8000, True)
    assert (Decimal(model.output_price), model.has_tools) == (6, True)


def test_a_model_that_is_there_may_name_one_later_and_is_reset_to_it(azure, entry, owner):
    model = azure.models.select_related("provider").get()
    model.catalog_id, model.output_price = "gpt-x", Decimal(9)
    model_lists.change(model, by=owner)
    kept = model.output_price

    model_lists.reset_to_catalog(model, by=owner)

    model.refresh_from_db()
    assert (kept, model.input_price, model.output_price) == (9, Decimal("1.5"), Decimal(6))


def test_an_edit_does_not_fill_what_was_emptied(azure, entry, owner):
    model_lists.add_custom(deployment(azure, catalog_id="gpt-x"), by=owner)
    model = azure.models.select_related("provider").get(upstream_id="gpt-small")
    model.input_price = None

    model_lists.change(model, by=owner)

    model.refresh_from_db()
    assert model.input_price is None


@pytest.mark.parametrize(
    "fields", [{"catalog_id": "gpt-nine"}, {"catalog_id": "gpt-x", "kind": "embedding"}]
)
def test_a_model_that_the_catalog_lacks_is_refused_at_its_field(azure, entry, owner, fields):
    with pytest.raises(ValidationError) as refusal:
        model_lists.add_custom(deployment(azure, **fields), by=owner)

    assert "The catalog has no" in refusal.value.message_dict["catalog_id"][0]
    assert azure.models.count() == 1


def test_a_name_that_a_sync_took_away_hinders_no_edit(azure, entry, owner, browser):
    model_lists.add_custom(deployment(azure, catalog_id="gpt-x"), by=owner)
    entry.delete()
    model = azure.models.get(upstream_id="gpt-small")
    named = {"catalog_id": "gpt-x", "input_price": "3"}

    shown = browser.get(model_url("change", model))
    answer = browser.post(model_url("change", model), named)

    model.refresh_from_db()
    assert "gpt-x · not in the catalog any more" in text_of(shown)
    assert answer.status_code == 302
    assert (model.input_price, model.catalog_id) == (3, "gpt-x")


def test_the_form_of_a_model_takes_the_name_of_one(azure, entry, browser):
    where = reverse("admin:providers_providermodel_add", args=[azure.public_id])
    named = {"upstream_id": "gpt-small", "kind": "chat", "catalog_id": "gpt-x"}

    shown, answer = browser.get(where), browser.post(where, named)

    assert "gpt-x · active, off from 2027-01-31" in text_of(shown)
    assert "The name that you gave it there." in text_of(shown)
    assert answer.status_code == 302
    assert azure.models.get(upstream_id="gpt-small").input_price == Decimal("1.5")


def test_a_kind_that_the_catalog_lacks_has_no_such_field(project, browser):
    custom = make_provider(project, kind="custom", base_url="https://llm.example.com/v1")

    where = reverse("admin:providers_providermodel_add", args=[custom.public_id])

    assert "catalog_id" not in browser.get(where).content.decode()


def test_a_deployment_named_like_its_model_has_the_catalogs_values(azure, entry):
    model_lists.arrange(azure, ["gpt-prod", "gpt-x"], by=None)

    assert azure.models.get(upstream_id="gpt-x").source == entry.source


def test_a_date_is_shown_where_its_model_is(azure, entry, owner, browser, client):
    model_lists.add_custom(deployment(azure, catalog_id="gpt-x"), by=owner)

    page = text_of(browser.get(provider_url("detail", azure)))
    client.force_login(make_staff(), backend="django.contrib.auth.backends.ModelBackend")
    listed = text_of(client.get(reverse("admin:providers_catalogentry_changelist")))

    assert f"{entry.source} off from 2027-01-31" in page
    assert "active, off from 2027-01-31" in listed
