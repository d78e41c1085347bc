"""Where expiries come from: each app registers its sources in its AppConfig."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from accounts.expiry.vocabulary import Expiry, Window
from accounts.models import Project
from accounts.principal import Principal

HORIZON: Final = timedelta(days=366)
MOST: Final = 500

Source = Callable[[Window], Iterable[Expiry]]


@dataclass(slots=True)
class Registry:
    """The sources of every app; each costs a fixed number of queries, however much it finds."""

    sources: list[Source] = field(default_factory=list)

    def register(self, *sources: Source) -> None:
        """Add what some app knows to expire, up to the window's `until`, overdue things as well."""
        self.sources += [source for source in sources if source not in self.sources]

    def look(self, window: Window) -> tuple[Expiry, ...]:
        """Give what expires, the nearest first.

        What several sources say of one thing is one entry: everything that stops with it.
        """
        found: dict[tuple[int | None, str], Expiry] = {}
        for source in self.sources:
            for expiry in source(window):
                place = (expiry.project.pk if expiry.project else None, expiry.key)
                known = found.get(place)
                found[place] = known.and_stops(expiry.stops) if known else expiry
        return tuple(sorted(found.values(), key=lambda expiry: (expiry.ends_at, expiry.name)))


registry = Registry()


def seen_by(who: Principal, project: Project | None, *, now: datetime) -> tuple[Expiry, ...]:
    """Give what somebody finds in the calendar: a year ahead, 500 entries at most."""
    return registry.look(Window(who, project, now, now + HORIZON))[:MOST]
