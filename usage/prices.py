"""Which prices hold for providers' models: their own, and the catalog's tiers beside them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from providers.models import ProviderModel
from providers.models.catalog import PRICE_FIELDS, CatalogEntry
from usage.pricing import LongRates, Prices, Rates

_Name = tuple[str, str]  # a provider kind, and the catalog's id of a model


def prices_of(models: Iterable[ProviderModel]) -> Mapping[int, Prices]:
    """Give the prices of models by primary key; one query, their providers being loaded."""
    kept = list(models)
    tiered = _tiered({model.provider.kind for model in kept})
    return {model.pk: _prices(model, tiered.get(_name(model))) for model in kept}


def _prices(model: ProviderModel, entry: CatalogEntry | None) -> Prices:
    own = Prices(*_rates(model))
    return own.with_tiers(_rates(entry), map(_step, entry.tiers)) if entry else own


def _tiered(kinds: Iterable[str]) -> Mapping[_Name, CatalogEntry]:
    """Find the catalog's models whose longer requests have prices of their own: a few dozen."""
    entries = CatalogEntry.objects.filter(provider_kind__in=kinds).exclude(tiers=[])
    return {(entry.provider_kind, entry.model_id): entry for entry in entries}


def _name(model: ProviderModel) -> _Name:
    return model.provider.kind, model.catalog_id or model.upstream_id


def _rates(priced: ProviderModel | CatalogEntry) -> Rates:
    return Rates(*(getattr(priced, name) for name in PRICE_FIELDS))


def _step(tier: Mapping[str, Any]) -> LongRates:
    """Read a tier as the catalog keeps it: prices are texts."""
    prices = (tier.get(name) for name in PRICE_FIELDS)
    rates = (None if price is None else Decimal(price) for price in prices)
    return LongRates(int(tier["above_tokens"]), Rates(*rates))
