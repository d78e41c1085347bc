"""The catalog is reference data: shown before it changes, and never over a customer's values."""

import dataclasses
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import AuditEvent
from providers.catalog.entries import builtin
from providers.models import CatalogEntry
from providers.services import catalog, model_lists
from tests.factories import make_catalog_entry, make_provider, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(monkeypatch):
    """Let the release bring these models instead of its own."""

    def bring(*models, version="2026-12-01"):
        brought = dataclasses.replace(builtin(), version=version, models=models)
        monkeypatch.setattr(catalog, "builtin", lambda: brought)

    return bring


def some(count):
    return builtin().models[:count]


def test_an_empty_catalog_is_filled_with_all_that_the_release_brings():
    assert catalog.load_builtin() == len(builtin().models) >= 120

    assert CatalogEntry.objects.values("provider_kind").distinct().count() >= 12
    assert catalog.preview().is_empty


def test_a_filled_catalog_waits_for_somebody_to_sync_it(release):
    catalog.load_builtin()
    release(*some(3))

    assert catalog.load_builtin() == 0
    assert CatalogEntry.objects.count() == len(builtin().models)


def test_the_preview_says_what_is_new_changed_deprecated_and_gone(release):
    one, two, three, four = some(4)
    release(one, two, three)
    catalog.load_builtin()
    release(
        dataclasses.replace(one, input_price=Decimal("0.5")),
        dataclasses.replace(two, status="deprecated"),
        four,
    )

    change = catalog.preview()

    assert [edit.after.model_id for edit in change.changed] == [one.model_id]
    assert [edit.after.model_id for edit in change.deprecated] == [two.model_id]
    assert [model.model_id for model in change.new] == [four.model_id]
    assert [model.model_id for model in change.gone] == [three.model_id]
    assert CatalogEntry.objects.count() == 3


def test_syncing_changes_the_catalog_and_no_provider(release):
    one, two = some(2)
    release(one)
    catalog.load_builtin()
    provider = make_provider(kind=one.kind, models=[])
    catalog.import_into(provider)
    release(dataclasses.replace(one, input_price=Decimal(99)), two)

    catalog.sync(by=make_staff())

    assert CatalogEntry.objects.get(model_id=one.model_id).input_price == 99
    assert provider.models.get(upstream_id=one.model_id).input_price == one.input_price
    assert AuditEvent.objects.filter(action="catalog:SyncCatalog").count() == 1


def test_syncing_twice_changes_nothing_the_second_time(release):
    release(*some(2))
    catalog.load_builtin()

    catalog.sync(by=make_staff())

    assert not AuditEvent.objects.filter(action="catalog:SyncCatalog").exists()


def test_a_model_reset_to_the_catalog_takes_its_values_back():
    entry = make_catalog_entry("known", input_price="1.5", deprecated_on="2027-01-31")
    model = make_provider(models=["known"]).models.get()

    model_lists.reset_to_catalog(model, by=make_staff())

    model.refresh_from_db()
    assert (model.input_price, model.source) == (Decimal("1.5"), entry.source)
    assert str(model.deprecated_on) == "2027-01-31"


def test_the_command_shows_first_and_changes_when_told(release):
    one, two = some(2)
    release(one)
    catalog.load_builtin()
    release(one, two)
    shown, done = StringIO(), StringIO()

    call_command("sync_catalog", stdout=shown)
    count = CatalogEntry.objects.count()
    call_command("sync_catalog", "--apply", stdout=done)

    assert f"{two.kind}/{two.model_id}" in shown.getvalue()
    assert "Nothing was changed" in shown.getvalue()
    assert (count, CatalogEntry.objects.count()) == (1, 2)


def test_importing_costs_the_same_queries_for_any_number_of_models(
    django_assert_num_queries, django_assert_max_num_queries
):
    few, many = make_provider(models=[]), make_provider(kind="mistral", models=[])
    for number in range(3):
        make_catalog_entry(f"few-{number}")
    for number in range(30):
        make_catalog_entry(f"many-{number}", provider_kind="mistral")

    with django_assert_max_num_queries(22) as used:
        catalog.import_into(few)
    with django_assert_num_queries(len(used)):
        assert catalog.import_into(many).added == 30


def test_syncing_tells_providers_models_when_they_end_and_leaves_their_prices(release):
    one, two = (dataclasses.replace(model, deprecated_on=None) for model in some(2))
    release(one, two)
    catalog.load_builtin()
    provider = make_provider(kind=one.kind, models=[])
    catalog.import_into(provider)
    provider.models.update(input_price=Decimal(77))
    named = provider.models.create(upstream_id="mine", catalog_id=one.model_id)
    ends = dataclasses.replace(one, deprecated_on=date(2027, 1, 31), input_price=Decimal(1))
    release(ends, two)

    catalog.sync(by=make_staff())

    told = dict(provider.models.values_list("upstream_id", "deprecated_on"))
    assert told == {one.model_id: ends.deprecated_on, two.model_id: None, "mine": date(2027, 1, 31)}
    assert provider.models.exclude(pk=named.pk).filter(input_price=77).count() == 2


def test_an_import_says_how_many_of_its_models_are_switched_off_soon():
    provider = make_provider(models=[])
    make_catalog_entry("stays", deprecated_on="2029-01-31")
    make_catalog_entry("goes", status="legacy", deprecated_on="2026-12-31")
    make_catalog_entry("gone", status="deprecated", deprecated_on="2026-01-31")

    imported = catalog.import_into(provider)

    assert imported.sentence == (
        "2 added, 0 already there. The vendor switches 1 of those off: their dates are shown."
    )


def test_the_command_names_the_day_from_which_a_model_is_off(release):
    [one] = some(1)
    release(dataclasses.replace(one, deprecated_on=None))
    catalog.load_builtin()
    release(dataclasses.replace(one, deprecated_on=date(2027, 1, 31)))
    shown = StringIO()

    call_command("sync_catalog", stdout=shown)

    assert "deprecated_on (off from 2027-01-31)" in shown.getvalue()
