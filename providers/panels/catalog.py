"""A model's own values beside the catalog's, before they are given back."""

from dataclasses import dataclass

from foundation.money import price_label
from providers.models import CatalogEntry, ProviderModel
from providers.models.catalog import PRICE_FIELDS
from providers.panels.sizes import size_label


@dataclass(frozen=True, slots=True)
class Beside:
    """One value that a reset would change."""

    label: str
    own: str
    catalogs: str


def beside_catalog(model: ProviderModel, entry: CatalogEntry) -> tuple[Beside, ...]:
    """List what differs, in the order of the form."""
    names = (*PRICE_FIELDS, *entry.LIMIT_FIELDS, *entry.FLAG_FIELDS)
    return tuple(
        Beside(
            label=_label(name),
            own=_shown(name, getattr(model, name)),
            catalogs=_shown(name, getattr(entry, name)),
        )
        for name in names
        if getattr(model, name) != getattr(entry, name)
    )


def _label(name: str) -> str:
    label = str(ProviderModel._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # our own fields all have one
    return label[:1].upper() + label[1:]


def _shown(name: str, value: object) -> str:
    if name in PRICE_FIELDS:
        return price_label(value)  # type: ignore[arg-type]  # prices are Decimals or None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return size_label(value)  # type: ignore[arg-type]  # limits are numbers or None
