"""What changes when one catalog follows another. Pure; "Sync catalog" shows it beforehand."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from providers.catalog.entries import CatalogModel

# Where a price was found, and what its reviewer should know, changes nothing for its user.
_UNSEEN = frozenset({"source_url", "review"})
_COMPARED = tuple(field.name for field in fields(CatalogModel) if field.name not in _UNSEEN)


@dataclass(frozen=True, slots=True)
class Change:
    """One model in both catalogs, and the names of the fields that differ."""

    before: CatalogModel
    after: CatalogModel
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CatalogDiff:
    """A model stands in one of the four at most; each keeps its catalog's order.

    `deprecated` holds the changes that made a model deprecated, whatever else they changed.
    """

    new: tuple[CatalogModel, ...]
    changed: tuple[Change, ...]
    deprecated: tuple[Change, ...]
    gone: tuple[CatalogModel, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed or self.deprecated or self.gone)

    @property
    def counts(self) -> dict[str, int]:
        names = ("new", "changed", "deprecated", "gone")
        return {name: len(getattr(self, name)) for name in names}

    @property
    def sentence(self) -> str:
        said = ", ".join(f"{count} {name}" for name, count in self.counts.items() if count)
        return f"{said}." if said else "Nothing to change."


def diff(old: Iterable[CatalogModel], new: Iterable[CatalogModel]) -> CatalogDiff:
    """Compare by kind and model id, whatever the order."""
    before = {(model.kind, model.model_id): model for model in old}
    after = {(model.kind, model.model_id): model for model in new}
    changes = [
        change
        for key, model in after.items()
        if key in before and (change := _change(before[key], model)).fields
    ]
    return CatalogDiff(
        new=tuple(model for key, model in after.items() if key not in before),
        changed=tuple(change for change in changes if not _deprecates(change)),
        deprecated=tuple(change for change in changes if _deprecates(change)),
        gone=tuple(model for key, model in before.items() if key not in after),
    )


def _change(before: CatalogModel, after: CatalogModel) -> Change:
    differing = (name for name in _COMPARED if getattr(before, name) != getattr(after, name))
    return Change(before, after, tuple(differing))


def _deprecates(change: Change) -> bool:
    return change.after.status == "deprecated" != change.before.status
