"""What was typed for other kinds: it waits in the form, unseen, until its kind is chosen again.

The fields of the kind on show have plain names; those that wait are `kept.KIND.NAME`. Ticked and
fetched models carry their kind in their names anyway. Credentials never wait.
"""

from collections.abc import Iterator
from typing import Any

from django.http import QueryDict

from providers.kinds.kind import Kind
from providers.kinds.registry import KINDS

ON_SHOW = "fields_of"
LINES = "more_models"
_LISTS = ("models.", "listed.")


def own_names(kind: Kind) -> tuple[str, ...]:
    """Name the inputs that belong to one kind and hold no credential."""
    declared = tuple(field.name for field in kind.fields if not field.secret)
    return ("base_url", LINES, *declared)


def kind_on_show(posted: QueryDict, chosen: Kind) -> Kind:
    """Find the kind whose fields stood in the form that was sent."""
    return KINDS.get(posted.get(ON_SHOW, ""), chosen)


def typed_for(posted: QueryDict, kind: Kind) -> dict[str, Any]:
    """Give what was typed for `kind`, whether it stood in the form or waited."""
    before = "" if kind_on_show(posted, kind) is kind else f"kept.{kind.slug}."
    values: dict[str, Any] = {name: posted.get(before + name, "") for name in own_names(kind)}
    return values | {f"models.{kind.slug}": posted.getlist(f"models.{kind.slug}")}


def waiting(posted: QueryDict, kind: Kind) -> list[tuple[str, str]]:
    """List the hidden inputs that keep what was typed for every kind but `kind`."""
    return [(name, value) for name, value in _waiting(posted, kind) if value]


def _waiting(posted: QueryDict, kind: Kind) -> Iterator[tuple[str, str]]:
    left = kind_on_show(posted, kind)
    for other in KINDS.values():
        if other is kind:
            continue
        before = "" if other is left else f"kept.{other.slug}."
        for name in own_names(other):
            yield f"kept.{other.slug}.{name}", posted.get(before + name, "")
        for start in _LISTS:
            name = f"{start}{other.slug}"
            yield from ((name, value) for value in posted.getlist(name))
