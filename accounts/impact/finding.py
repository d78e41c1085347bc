"""The dependents of an object, by reflection over the foreign keys that lead to it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any, TypeVar, cast

import structlog
from django.db import models
from django.db.models import Model, Q, QuerySet

from accounts.impact.registry import Search, Words, registry
from accounts.impact.vocabulary import (
    MOST_NAMED,
    Dependent,
    Effect,
    Group,
    Impact,
    UsageLately,
)
from accounts.permissions import Undeclared
from accounts.principal import Principal
from accounts.tenancy.querysets import WalledQuerySet, wall_of

logger = structlog.get_logger(__name__)

Told = TypeVar("Told")

_EFFECTS: Mapping[Callable[..., Any], Effect] = {
    models.CASCADE: Effect.REMOVED,
    models.PROTECT: Effect.REFUSE,
    models.RESTRICT: Effect.REFUSE,
    models.DO_NOTHING: Effect.KEPT,
}


# A search that failed: silence would read as if there were nothing.
UNTOLD = Group(
    "sort of dependent that could not be looked for",
    "sorts of dependents that could not be looked for",
    Effect.KEPT,
    count=1,
)

# What is not the reader's on a shared object; its effect is the gravest of all of them.
OTHERS = Group("or more that you can't see", "that you can't see", Effect.KEPT, count=1, hidden=1)


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key of `model` that leads, over others perhaps, to the object: `path` is how."""

    model: type[Model]
    role: str
    path: str
    effect: Effect


def impact_of(target: Model, *, who: Principal, now: datetime, force: bool = False) -> Impact:
    """Tell what depends on `target` and what would become of it; names only what `who` may see.

    With `force`, what refuses the deletion of an object that takes that word goes along, unless
    what hangs on it refuses in turn. One broken row or one app's failing words never make it fail.
    """
    return Impact(
        public_id=_public_id(target),
        what=str(target._meta.verbose_name),
        name=_tried(lambda: str(target), otherwise=_public_id(target)),
        groups=tuple(_groups(target, who, force=force)),
        refusals=_refusals(target),
        usage=_usage(target, who, now),
    )


def _groups(target: Model, who: Principal, *, force: bool) -> list[Group]:
    parts = registry.parts.get(target._meta.label_lower, set())
    found = [
        group
        for reference, rows in _dependents(target, force=force)
        if reference.model._meta.label_lower not in parts
        and (group := _group(reference, rows, who))
    ]
    for search in registry.searches:
        found += _tried(partial(_searched, search, target, who), otherwise=[UNTOLD])
    if _is_shared(target) and not who.is_staff:
        found = _without_others(found)
    return sorted(found, key=lambda group: list(Effect).index(group.effect))


def _is_shared(target: Model) -> bool:
    wall = wall_of(type(target))
    return wall is not None and wall.project_of(target) is None


def _without_others(groups: list[Group]) -> list[Group]:
    """Say of what other tenants have on a shared object that there is some, not how much."""
    seen = [replace(group, count=group.count - group.hidden, hidden=0) for group in groups]
    unseen = {group.effect for group in groups if group.hidden}
    others = [replace(OTHERS, effect=effect) for effect in Effect if effect in unseen][:1]
    return [group for group in seen if group.count] + others


def _searched(search: Search, target: Model, who: Principal) -> list[Group]:
    return list(search(target, who))


def _refusals(target: Model) -> tuple[str, ...]:
    rule = registry.rules.get(target._meta.label_lower)
    return _tried(lambda: tuple(rule(target)), otherwise=()) if rule else ()


def _usage(target: Model, who: Principal, now: datetime) -> UsageLately | None:
    counted = (_tried(partial(told, target, who, now), otherwise=None) for told in registry.ledgers)
    return next((usage for usage in counted if usage), None)


def _dependents(target: Model, *, force: bool) -> Iterator[tuple[Reference, QuerySet[Model]]]:
    """Give the rows of each reference; what is removed anyway neither refuses nor is cleared."""
    references = references_to(type(target), force=force)
    removed: dict[type[Model], Q] = {}
    for reference in references:
        if reference.effect is Effect.REMOVED:
            leads = Q(**{reference.path: target.pk})
            removed[reference.model] = removed.get(reference.model, Q()) | leads
    for model, leads in removed.items():
        first = next(row for row in references if row.model is model)
        whole = Reference(model, "", first.path, Effect.REMOVED)
        yield whole, _rows(model, target).filter(leads).distinct()
    for reference in references:
        if reference.effect is Effect.REMOVED:
            continue
        rows = _rows(reference.model, target).filter(**{reference.path: target.pk})
        if reference.model in removed:
            rows = rows.exclude(removed[reference.model])
        yield reference, rows.distinct()


def _rows(model: type[Model], target: Model) -> QuerySet[Model]:
    rows = model._default_manager.order_by("pk")
    return rows.exclude(pk=target.pk) if model is type(target) else rows


@cache
def references_to(model: type[Model], *, force: bool = False) -> tuple[Reference, ...]:
    """Walk the foreign keys that lead to a model, on through those whose rows would go along."""
    forced = force and model._meta.label_lower in registry.forcible
    return tuple(_walk(model, "", frozenset({model}), force=forced))


def _walk(
    model: type[Model], path: str, passed: frozenset[type[Model]], *, force: bool
) -> Iterator[Reference]:
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ForeignObjectRel) or relation.many_to_many:
            continue
        child, key = cast("type[Model]", relation.related_model), relation.field
        if child._meta.auto_created or child._meta.label_lower in registry.left_out:
            continue
        effect = _EFFECTS.get(cast("Any", relation).on_delete, Effect.CLEARED)
        if force and effect is Effect.REFUSE:
            effect = Effect.REMOVED
        leads = f"{key.name}__{path}" if path else key.name
        yield Reference(child, str(key.verbose_name), leads, effect)
        if effect is Effect.REMOVED and child not in passed:
            yield from _walk(child, leads, passed | {child}, force=False)


def _group(reference: Reference, rows: QuerySet[Model], who: Principal) -> Group | None:
    count = rows.count()
    if not count:
        return None
    words = registry.words_for(reference.model)
    named, seen = _named(rows, words, who)
    return Group(
        one=words.one,
        many=words.many,
        effect=reference.effect,
        count=count,
        named=named,
        hidden=count - seen,
        role=reference.role,
    )


def _named(
    rows: QuerySet[Model], words: Words, who: Principal
) -> tuple[tuple[Dependent, ...], int]:
    """Name what the reader may see, at most 20; beside them how many they may see in all."""
    try:
        visible = rows.visible_to(who) if isinstance(rows, WalledQuerySet) else rows.none()
    except Undeclared:
        visible = rows.none()
    first = list(visible.select_related()[: MOST_NAMED + 1])
    seen = len(first) if len(first) <= MOST_NAMED else visible.count()
    return tuple(_dependent(row, words) for row in first[:MOST_NAMED]), seen


def _dependent(row: Model, words: Words) -> Dependent:
    public_id = _public_id(row)
    return Dependent(
        public_id=public_id,
        name=_tried(lambda: words.name(row), otherwise=public_id),
        note=_tried(lambda: words.note(row), otherwise=""),
    )


def _public_id(row: Model) -> str:
    """Give a row's own public id, or that of the project that it is the one row of."""
    own: str = getattr(row, "public_id", "")
    if own:
        return own
    wall = wall_of(type(row))
    project = _tried(lambda: wall.project_of(row), otherwise=None) if wall else None
    return project.public_id if project else ""


def _tried(tell: Callable[[], Told], *, otherwise: Told) -> Told:
    try:
        return tell()
    except Exception:
        logger.exception("impact could not tell")
        return otherwise
