"""The models that a provider's form offers to tick: its own, the catalog's, the live list's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from providers.kinds.listings import kind_by_name
from providers.kinds.vocabulary import ListedModel
from providers.models import CatalogEntry, ModelKind, ProviderModel


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the list; prices are USD per million tokens, None where nobody told them."""

    model_id: str
    kind: str
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    note: str = ""
    is_listed: bool = False

    @property
    def is_embedding(self) -> bool:
        return self.kind == ModelKind.EMBEDDING

    @classmethod
    def of_model(cls, model: ProviderModel) -> Self:
        note = "" if model.is_enabled else "disabled"
        return cls(model.upstream_id, model.kind, model.input_price, model.output_price, note)

    @classmethod
    def of_entry(cls, entry: CatalogEntry) -> Self:
        note = "" if entry.status == "active" else entry.status_label
        return cls(entry.model_id, entry.kind, entry.input_price, entry.output_price, note)

    @classmethod
    def of_listed(cls, listed: ListedModel) -> Self:
        return cls(listed.id, listed.kind, is_listed=True)

    @classmethod
    def of_id(cls, model_id: str) -> Self:
        return cls(model_id, kind_by_name(model_id), is_listed=True)


def offers(
    *,
    held: Iterable[ProviderModel],
    entries: Iterable[CatalogEntry],
    more: Iterable[Offer] = (),
    first: Sequence[str] = (),
) -> tuple[Offer, ...]:
    """Give each model once: the provider's own in their order, then the catalog's, then `more`.

    Those named in `first` lead in that order, so that a list that comes back keeps its default.
    """
    found: dict[str, Offer] = {}
    for model in held:
        found.setdefault(model.upstream_id, Offer.of_model(model))
    for entry in entries:
        found.setdefault(entry.model_id, Offer.of_entry(entry))
    for offer in more:
        found.setdefault(offer.model_id, offer)
    leading = [found.pop(model_id) for model_id in first if model_id in found]
    return (*leading, *found.values())
