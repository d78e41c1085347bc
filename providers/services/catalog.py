"""The reference data: load it, bring it up to date, import it into a provider."""

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, cast

from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Epoch
from providers.catalog.diff import CatalogDiff, diff
from providers.catalog.entries import Catalog, CatalogModel, Status, Tier, builtin
from providers.models import CatalogEntry, Provider, ProviderModel
from providers.models.refusals import NothingToImport
from providers.services import model_lists


@dataclass(frozen=True, slots=True)
class Imported:
    added: int
    skipped: int
    ending: int = 0

    @property
    def sentence(self) -> str:
        told = f"{self.added} added, {self.skipped} already there."
        if self.ending:
            told += f" The vendor switches {self.ending} of those off: their dates are shown."
        return told


def load_builtin() -> int:
    """Fill an empty catalog from what the release brings; a filled one waits for `sync`."""
    if CatalogEntry.objects.exists():
        return 0
    catalog = builtin()
    _replace(catalog)
    return len(catalog.models)


def preview() -> CatalogDiff:
    """Tell what `sync` would change."""
    return diff(map(_as_model, CatalogEntry.objects.all()), builtin().models)


def sync(*, by: Actor) -> CatalogDiff:
    """Bring the catalog to the release's version; the models of providers keep their values.

    They learn when their vendor switches them off.
    """
    with transaction.atomic():
        change = preview()
        if not change.is_empty:
            _replace(builtin())
            _tell_ends(change)
            audit.record(by, "catalog:SyncCatalog", None, before=None, after=_told(change))
    return change


def refuse_import(provider: Provider) -> None:
    """Raise NothingToImport where the catalog's ids are not those of the provider's models."""
    if provider.kind_row.models_have_own_names:
        raise NothingToImport(provider)


def import_into(provider: Provider, *, only: Collection[str] | None = None) -> Imported:
    """Add the catalog's models that the provider lacks; those it has keep its own values.

    Raises NothingToImport.
    """
    refuse_import(provider)
    entries = list(CatalogEntry.objects.importable_to(provider.kind_row))
    if only is not None:
        entries = [entry for entry in entries if entry.model_id in only]
    with transaction.atomic():
        held = Provider.objects.select_for_update().get(pk=provider.pk)
        there = dict(held.models.values_list("upstream_id", "position"))
        first = max(there.values(), default=-1) + 1
        missing = [entry for entry in entries if entry.model_id not in there]
        ProviderModel.objects.bulk_create(
            ProviderModel.from_catalog(held, entry, position=first + index)
            for index, entry in enumerate(missing)
        )
        is_first = held.default_model_id is None
        if is_first:
            held.default_model = held.next_default()
            held.save(update_fields=["default_model"])
        Epoch.bump()
    if is_first:
        model_lists.make_first_active(held)
    ending = sum(entry.status == "legacy" and entry.deprecated_on is not None for entry in missing)
    return Imported(added=len(missing), skipped=len(entries) - len(missing), ending=ending)


def _replace(catalog: Catalog) -> None:
    positions: Counter[str] = Counter()
    rows = []
    for model in catalog.models:
        rows.append(_as_entry(model, catalog.version, positions[model.kind]))
        positions[model.kind] += 1
    with transaction.atomic():
        CatalogEntry.objects.all().delete()
        CatalogEntry.objects.bulk_create(rows, batch_size=500)


def _tell_ends(change: CatalogDiff) -> None:
    """Note at providers' models when they end: a fact of the vendor's, no value of theirs."""
    dated = [model for model in change.new if model.deprecated_on]
    edits = (*change.changed, *change.deprecated)
    dated += [edit.after for edit in edits if "deprecated_on" in edit.fields]
    for model in dated:
        known = ProviderModel.objects.like(model.kind, model.model_id)
        known.update(deprecated_on=model.deprecated_on)


def _told(change: CatalogDiff) -> dict[str, object]:
    return {
        "version": builtin().version,
        "new": len(change.new),
        "changed": len(change.changed),
        "deprecated": len(change.deprecated),
        "gone": len(change.gone),
    }


def _as_entry(model: CatalogModel, version: str, position: int) -> CatalogEntry:
    return CatalogEntry(
        provider_kind=model.kind,
        model_id=model.model_id,
        name=model.name,
        kind=model.purpose,
        position=position,
        status=model.status,
        deprecated_on=model.deprecated_on,
        input_price=model.input_price,
        output_price=model.output_price,
        cache_read_price=model.cache_read_price,
        cache_write_price=model.cache_write_price,
        context_window=model.context_window,
        max_output=model.max_output,
        has_tools=model.tools,
        has_vision=model.vision,
        has_reasoning=model.reasoning,
        has_streaming=model.streaming,
        has_json=model.json,
        tiers=[_as_texts(tier) for tier in model.tiers],
        source_url=model.source_url,
        version=version,
    )


def _as_model(entry: CatalogEntry) -> CatalogModel:
    return CatalogModel(
        kind=entry.provider_kind,
        model_id=entry.model_id,
        name=entry.name,
        purpose="embedding" if entry.kind == "embedding" else "chat",
        context_window=entry.context_window,
        max_output=entry.max_output,
        tools=entry.has_tools,
        vision=entry.has_vision,
        reasoning=entry.has_reasoning,
        streaming=entry.has_streaming,
        json=entry.has_json,
        input_price=entry.input_price,
        output_price=entry.output_price,
        cache_read_price=entry.cache_read_price,
        cache_write_price=entry.cache_write_price,
        status=cast("Status", entry.status),
        deprecated_on=entry.deprecated_on,
        source_url=entry.source_url,
        review="",
        tiers=tuple(_as_tier(texts) for texts in entry.tiers),
    )


def _as_texts(tier: Tier) -> dict[str, Any]:
    """Write prices as texts: JSON numbers would make floats of them."""
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in asdict(tier).items()
    }


def _as_tier(texts: dict[str, Any]) -> Tier:
    values: dict[str, Any] = {
        name: Decimal(value) if isinstance(value, str) else value for name, value in texts.items()
    }
    return Tier(**values)
