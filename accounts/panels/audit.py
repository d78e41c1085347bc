"""Audit events as people read them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from accounts.models import AuditEvent, Outcome


@dataclass(frozen=True, slots=True)
class EventRow:
    event: AuditEvent
    url: str

    @property
    def is_denied(self) -> bool:
        return self.event.outcome == Outcome.DENIED


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, as it was and as it became; empty where it was not there."""

    name: str
    before: str
    after: str

    @property
    def is_change(self) -> bool:
        return self.before != self.after


def event_rows(events: Iterable[AuditEvent]) -> tuple[EventRow, ...]:
    return tuple(
        EventRow(event, reverse("admin:accounts_auditevent_change", args=[event.public_id]))
        for event in events
    )


def changes_of(event: AuditEvent) -> tuple[FieldChange, ...]:
    """Put the fields before and after side by side, the changed ones first."""
    before, after = _fields(event.before), _fields(event.after)
    names = list(dict.fromkeys([*before, *after]))
    changes = (FieldChange(name, _text(before.get(name)), _text(after.get(name))) for name in names)
    return tuple(sorted(changes, key=lambda change: not change.is_change))


def _fields(said: Any) -> dict[str, Any]:
    if said is None:
        return {}
    return said if isinstance(said, dict) else {"value": said}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, indent=2)
