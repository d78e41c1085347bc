"""Cron expressions: when they are due, and what they say in words. Pure; the one user of cronsim.

Five fields, read in a time zone as Debian's cron reads them. Where clocks go forward, a time that
is skipped is due at the moment after; where they go back, a time that comes twice is due once. An
expression whose minute or hour is a `*` or a step goes by elapsed time instead: it is not due in an
hour that is skipped, and due in both of an hour that comes twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final, Self
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

FIELDS: Final = 5
LONGEST: Final = 100
_ANY_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NEVER: Final = "This date never comes: check the day and the month."


class ScheduleInvalid(ValueError):
    """What people typed is no schedule; `field` is the one to mend."""

    def __init__(self, message: str, *, field: str = "schedule") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Schedule:
    """An expression in a time zone; `read` makes it of what people typed."""

    expression: str
    zone: ZoneInfo

    @classmethod
    def read(cls, expression: str, time_zone: str, *, now: datetime) -> Self:
        """Check both; raises ScheduleInvalid with what to write instead."""
        if time_zone not in available_timezones():
            raise ScheduleInvalid("Choose a time zone, such as Europe/Berlin.", field="time_zone")
        fields = expression.split()
        if len(fields) != FIELDS or len(expression) > LONGEST:
            raise ScheduleInvalid(
                "Write five fields: minute, hour, day of the month, month, day of the week. "
                "For example 30 9 * * MON-FRI."
            )
        schedule = cls(" ".join(fields), ZoneInfo(time_zone))
        try:
            coming = schedule.next_after(now)
        except CronSimError as error:
            message = f"{error}. Numbers, names (MON, JAN), *, ranges, lists and steps will do."
            raise ScheduleInvalid(message) from error
        if coming is None:
            raise ScheduleInvalid(_NEVER)
        return schedule

    def next_after(self, moment: datetime) -> datetime | None:
        """Give the next time it is due, None where that is not within fifty years."""
        return next(self._times(moment), None)

    def coming(self, moment: datetime, count: int) -> tuple[datetime, ...]:
        return tuple(islice(self._times(moment), count))

    @property
    def words(self) -> str:
        """Say it as people do: `At 09:30 on Monday through Friday`."""
        return CronSim(self.expression, _ANY_TIME).explain()

    def _times(self, moment: datetime) -> Iterator[datetime]:
        return CronSim(self.expression, moment.astimezone(self.zone))
