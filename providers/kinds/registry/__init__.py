"""Every kind, in the order of the Type dropdown. See docs/adding-a-kind.md."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from providers.kinds import credentials
from providers.kinds.declaration import Group
from providers.kinds.kind import Kind
from providers.kinds.listings import Unlisted
from providers.kinds.registry.cloud import CLOUD
from providers.kinds.registry.compatible import COMPATIBLE
from providers.kinds.registry.primary import PRIMARY
from providers.kinds.registry.subscription import SUBSCRIPTION

__all__ = ["ALIASES", "KINDS", "Kind", "UnknownKind", "kind_for", "stored_kind", "type_choices"]


class UnknownKind(KeyError):
    """No kind has this slug or alias."""

    def __str__(self) -> str:
        return f"There is no provider kind “{self.args[0]}”."


def kind_for(slug_or_alias: str) -> Kind:
    """Return the kind of a slug or an alias; `UnknownKind` for anything else."""
    try:
        return _BY_ANY_NAME[slug_or_alias]
    except KeyError:
        raise UnknownKind(slug_or_alias) from None


def stored_kind(slug: str) -> Kind:
    """Return the kind that a record was stored with.

    One that this version does not know (a newer one made the record) is a
    kind that nothing can call: it can be shown and deleted, and says why it does not work.
    """
    try:
        return kind_for(slug)
    except UnknownKind:
        return _unknown(slug)


def _unknown(slug: str) -> Kind:
    reason = (
        f"This version does not know the type “{slug}”, so nothing is sent to it. "
        "Choose another type, or go back to the version that knows it."
    )
    return Kind(
        slug,
        f"Unknown type “{slug}”",
        Group.COMPATIBLE,
        credential=credentials.UNKNOWN,
        listing=Unlisted(reason),
        unavailable_reason=reason,
    )


def type_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the Type dropdown: its headings, each with the slugs and labels below it."""
    return [(_heading(group), _choices(group)) for group in Group]


def _heading(group: Group) -> str:
    return group.label if group.section == group.label else f"{group.section} · {group.label}"


def _choices(group: Group) -> list[tuple[str, str]]:
    return [(kind.slug, kind.label) for kind in KINDS.values() if kind.group is group]


def by_slug(kinds: Iterable[Kind]) -> Mapping[str, Kind]:
    return MappingProxyType({kind.slug: kind for kind in kinds})


KINDS = by_slug((*PRIMARY, *CLOUD, *COMPATIBLE, *SUBSCRIPTION))
ALIASES = tuple(alias for kind in KINDS.values() for alias in kind.aliases)

_BY_ANY_NAME = {name: kind for kind in KINDS.values() for name in (kind.slug, *kind.aliases)}
