"""What somebody asks of the usage, read from an address's query."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

MOST_DAYS: Final = 800
DAYS: Final = (7, 30, 90)
DEFAULT_DAYS: Final = 30
COLUMNS: Final[Mapping[str, str]] = {
    "provider": "provider_public_id",
    "model": "model",
    "agent": "agent_public_id",
    "key": "key_public_id",
    "user": "user_public_id",
}
NAMES: Final = ("days", "from", "to", *COLUMNS)

_LONGEST: Final = 200
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Question:
    """Which days, both included and in UTC, and whose use; empty ids narrow nothing."""

    first: date
    last: date
    provider: str = ""
    model: str = ""
    agent: str = ""
    key: str = ""
    user: str = ""

    @property
    def narrowed(self) -> Mapping[str, str]:
        """The columns that it narrows, and to what."""
        wanted = {column: getattr(self, name) for name, column in COLUMNS.items()}
        return {column: value for column, value in wanted.items() if value}

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first moment, and the first one behind the last."""
        return _midnight(self.first), _midnight(self.last + timedelta(days=1))

    @property
    def whole_months(self) -> tuple[datetime, datetime] | None:
        """The first moment of its first whole month, and the first one behind its last; if any."""
        behind = self.last + timedelta(days=1)
        first = self.first if self.first.day == 1 else _next_month(self.first)
        last = behind.replace(day=1)
        return (_midnight(first), _midnight(last)) if first < last else None

    @property
    def days(self) -> Sequence[date]:
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days=number) for number in range(count)]


class QuestionInvalid(ValueError):
    """It can't be asked like that; `field` names what is wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def read_question(asked: Mapping[str, str], *, today: date) -> Question:
    """Read `days`, or `from` and `to`, and what narrows; raises QuestionInvalid."""
    first, last = _span(asked, today)
    narrowing = {name: asked.get(name, "") for name in COLUMNS}
    for name, value in narrowing.items():
        if len(value) > _LONGEST or "\0" in value:
            raise QuestionInvalid(name, "There is nothing of that name.")
    return Question(first, last, **narrowing)


def _span(asked: Mapping[str, str], today: date) -> tuple[date, date]:
    if not asked.get("from") and not asked.get("to"):
        count = _count(asked.get("days") or str(DEFAULT_DAYS))
        return today - timedelta(days=count - 1), today
    last = _day("to", asked.get("to") or today.isoformat())
    first = _day("from", asked.get("from") or last.isoformat())
    if first > last:
        raise QuestionInvalid("from", "The first day comes after the last.")
    if (last - first).days >= MOST_DAYS:
        raise QuestionInvalid("from", f"Ask for at most {MOST_DAYS} days.")
    return first, last


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_DAYS):
        raise QuestionInvalid("days", f"Write a whole number from 1 to {MOST_DAYS}.")
    return int(text)


def _day(field: str, text: str) -> date:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2200:  # noqa: PLR2004 - far from where dates end
        raise QuestionInvalid(field, "Write a day like 2026-11-20.")
    return day


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
