"""The expiry calendar as a page reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.expiry import Expiry, When


@dataclass(frozen=True, slots=True)
class ExpiryRow:
    expiry: Expiry
    reminder_at: datetime | None


@dataclass(frozen=True, slots=True)
class Section:
    """One group of the calendar that has something in it."""

    when: When
    rows: tuple[ExpiryRow, ...]


def sections(expiries: Iterable[Expiry], *, now: datetime) -> tuple[Section, ...]:
    """Group what expires, the nearest group first; groups with nothing in them are left out."""
    groups: dict[When, list[ExpiryRow]] = {when: [] for when in When}
    for expiry in expiries:
        groups[expiry.when(now)].append(ExpiryRow(expiry, expiry.next_reminder(now)))
    return tuple(Section(when, tuple(rows)) for when, rows in groups.items() if rows)
