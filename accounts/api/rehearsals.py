"""What a change would do: done, looked at, and undone."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from rest_framework.response import Response

from accounts.impact import impact_of

if TYPE_CHECKING:
    from accounts.tenancy.writing import Writing

Said = Mapping[str, Any] | None
_NEW = frozenset({"id", "createdAt"})  # what will be another one when it is done


def rehearsed(
    view: "Writing",
    act: Callable[[], Any],
    *,
    answer: Callable[[Any], Response],
    before: Said,
    force: bool,
) -> Response:
    """Answer 200 with the difference that `act` makes and what depends on the target."""
    impact = _impact(view, force=force)
    with transaction.atomic():
        view.hold()
        response = answer(act())
        transaction.set_rollback(True)
    after = dict(response.data) if response.data else None
    if after is not None and before is None:
        after = {name: value for name, value in after.items() if name not in _NEW}
    if after is not None:
        after |= dict.fromkeys(view.shown_once & after.keys())
    return Response(
        {
            "dryRun": True,
            "status": response.status_code,
            "diff": difference(before, after),
            "impact": impact,
        }
    )


def difference(before: Said, after: Said) -> list[dict[str, Any]]:
    """List the fields that change, each with its value before and after."""
    old, new = before or {}, after or {}
    return [
        {"field": name, "before": old.get(name), "after": new.get(name)}
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    ]


def _impact(view: "Writing", *, force: bool) -> Any:
    if view.target is None:
        return None
    impact = impact_of(view.target, who=view.principal, now=timezone.now(), force=force)
    return impact.as_json()
