"""What the expiry calendar is made of: frozen values, and the view from which they are seen."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.urls import reverse

from accounts.models import Project
from accounts.principal import Principal
from accounts.tenancy.querysets import WalledQuerySet

REMINDED: Final = (30, 7, 1)  # days before


class When(StrEnum):
    """The groups of the calendar, the nearest first."""

    OVERDUE = "overdue"
    THIS_WEEK = "this week"
    THIS_MONTH = "this month"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Expiry:
    """Something that stops by itself.

    ``key`` names it within its project (None: the instance's), ``about`` is its public id, where it
    has one; ``page`` is the full name of the admin page that mends it, which ``about`` opens.
    ``is_guess`` says that ``ends_at`` moves by itself, so that another one is no news.
    """

    key: str
    what: str
    name: str
    ends_at: datetime
    stops: str
    page: str
    project: Project | None = None
    about: str = ""
    is_guess: bool = False

    @property
    def url(self) -> str:
        """The page that mends it; for whoever serves pages."""
        return reverse(self.page, args=[self.about] if self.about else [])

    def and_stops(self, stops: str) -> "Expiry":
        """Say what else stops with it."""
        return replace(self, stops=f"{self.stops} {stops}")

    def when(self, now: datetime) -> When:
        left = self.ends_at - now
        if left <= timedelta(0):
            return When.OVERDUE
        if left <= timedelta(days=7):
            return When.THIS_WEEK
        return When.THIS_MONTH if left <= timedelta(days=30) else When.LATER

    def next_reminder(self, now: datetime) -> datetime | None:
        """Say when people are reminded next; None after the last time."""
        moments = (self.ends_at - timedelta(days=days) for days in REMINDED)
        return next((moment for moment in moments if moment > now), None)


def reminder_due(ends_at: datetime, *, now: datetime) -> int | None:
    """Give the nearest of the days before that has come, 30, 7 or 1; None before and afterwards.

    What is entered late, with five days left, is told of once and not twice.
    """
    left = ends_at - now
    come = [days for days in REMINDED if left <= timedelta(days=days)]
    return min(come) if come and left > timedelta(0) else None


@dataclass(frozen=True, slots=True)
class Window:
    """Whose view it is, of which project, until when.

    Without a project it is everything that they may see; without anybody it is Axiom's own view of
    every project, from which it reminds people.
    """

    who: Principal | None
    project: Project | None
    now: datetime
    until: datetime

    @property
    def shows_instance(self) -> bool:
        """Whether what is no project's is seen: by staff, who look at all projects at once."""
        return self.project is None and (self.who is None or self.who.is_staff)

    def rows(self, rows: WalledQuerySet[Any]) -> Any:
        """Keep what is seen from here."""
        if self.who is None:
            return rows
        visible = rows.visible_to(self.who)
        return visible.for_project(self.project) if self.project else visible
