"""Reminding people of what expires: once for each of the days before, through the one entry."""

from datetime import datetime, timedelta

from accounts.expiry import Expiry, Window, registry, reminder_due
from accounts.expiry.vocabulary import REMINDED
from accounts.models import Topic
from accounts.services import notices


def remind(*, now: datetime) -> int:
    """Tell of everything whose reminder has come; run often, it tells nothing twice."""
    window = Window(None, None, now, now + timedelta(days=max(REMINDED)))
    due = [(expiry, reminder_due(expiry.ends_at, now=now)) for expiry in registry.look(window)]
    told = [(expiry, days) for expiry, days in due if days and not _is_archived(expiry)]
    for expiry, days in told:
        _tell(expiry, days, now=now)
    return len(told)


def _is_archived(expiry: Expiry) -> bool:
    return expiry.project is not None and expiry.project.is_archived


def _tell(expiry: Expiry, days: int, *, now: datetime) -> None:
    day = f"{expiry.ends_at:%Y-%m-%d}"
    left = "a day" if days == 1 else f"{days} days"
    which = expiry.key if expiry.is_guess else f"{expiry.key} ends {day}"
    notices.tell(
        expiry.project,
        topic=Topic.EXPIRY,
        message=f"{expiry.what} {expiry.name} ends on {day}, within {left}. {expiry.stops}",
        key=f"{which}, {days} before"[:200],
        at=now,
        about=expiry.about,
    )
