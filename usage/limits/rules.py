"""What a limit is, what a call claims of it, and when there is room. Pure.

One rule holds for every limit: a call is admitted while there is room left, and takes at once the
most that it may need. So the last one admitted may reach over the limit, by no more than that.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

MINUTE_S: Final = 60
A_CALL_S: Final = 1  # when one of several calls at once may have ended
SOON_S: Final = 5  # when others' calls may have ended that hold what is missing


class Measure(StrEnum):
    """What a limit counts, and over what time."""

    REQUESTS = "requests_per_minute"
    TOKENS = "tokens_per_minute"
    CONCURRENT = "concurrent"
    USD_DAY = "usd_per_day"
    USD_WEEK = "usd_per_week"
    USD_MONTH = "usd_per_month"

    @property
    def is_money(self) -> bool:
        return self in MONEY


MONEY: Final = frozenset({Measure.USD_DAY, Measure.USD_WEEK, Measure.USD_MONTH})


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit as whoever enforces it knows it.

    `subject` is the public id of the project, the agent or the key that it is on. One `is_shadow`
    refuses nothing: what it would have refused is counted.
    """

    id: str
    name: str
    project_pk: int
    subject: str
    measure: Measure
    amount: Decimal
    is_shadow: bool = False
    allows_unpriced: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What one call may need at most of each of its limits; `cost` is USD."""

    request_id: str
    rules: tuple[Rule, ...]
    at: datetime
    tokens: int = 0
    cost: Decimal = Decimal(0)

    def need(self, measure: Measure) -> int:
        """Give what it takes of a rate."""
        return self.tokens if measure is Measure.TOKENS else 1


@dataclass(frozen=True, slots=True)
class Standing:
    """How full a limit was when a call came; `wait_s` is until there may be room."""

    rule: Rule
    used: Decimal
    wait_s: float = 0.0

    @property
    def is_full(self) -> bool:
        return self.used >= self.rule.amount


def stops(standings: Iterable[Standing]) -> Standing | None:
    """Find the limit that refuses a call: of several, the one that it has to wait for longest."""
    full = (standing for standing in standings if standing.is_full and not standing.rule.is_shadow)
    return max(full, key=lambda standing: standing.wait_s, default=None)


def span_of(measure: Measure, at: datetime) -> tuple[datetime, datetime]:
    """Give the window that a moment is in, in UTC as the usage is: first moment, and behind it.

    A week begins on Monday. Rates have no window of their own: they are reported by the day.
    """
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if measure is Measure.USD_MONTH:
        first = day.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1)
    if measure is Measure.USD_WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    return day, day + timedelta(days=1)


def room_after_s(slots: Mapping[int, int], *, most: Decimal, now: int) -> int:
    """Say when enough of a sliding minute has gone by; `slots` are counts by the second."""
    left = sum(slots.values())
    for second, count in sorted(slots.items()):
        left -= count
        if left < most:
            return max(1, second + MINUTE_S - now)
    return MINUTE_S


def share_of(amount: Decimal, processes: int) -> Decimal:
    """Give what one of several processes admits that can't ask each other; at least one."""
    return Decimal(max(1, math.floor(amount / max(1, processes))))


# Alerts.

_WARNING, _FULL = 80, 100
_REARMED_BELOW: Final = Decimal("0.9")  # of the threshold: 72 and 90 %


def crossed(percent: Decimal, told: int) -> tuple[int, int]:
    """Say which threshold is to be told now, 0 for none, and what is told by then.

    `told` is the highest that stands told: 0, 80 or 100. One that was told is told again only
    after the level has fallen below nine tenths of it, so that a level that swings is no noise.
    """
    kept = told
    while kept and percent < kept * _REARMED_BELOW:
        kept = _WARNING if kept == _FULL else 0
    for threshold in (_FULL, _WARNING):
        if percent >= threshold > kept:
            return threshold, threshold
    return 0, kept


# Words.

_UNITS: Final[Mapping[Measure, str]] = {
    Measure.REQUESTS: "requests a minute",
    Measure.TOKENS: "tokens a minute",
    Measure.CONCURRENT: "calls at once",
    Measure.USD_DAY: "a day",
    Measure.USD_WEEK: "a week",
    Measure.USD_MONTH: "a month",
}


def amount_label(measure: Measure, amount: Decimal) -> str:
    """Write an amount with its unit: “$25.00 a day”, “60 requests a minute”."""
    if measure.is_money:
        return f"${usd(amount)} {_UNITS[measure]}"
    return f"{amount:,.0f} {_UNITS[measure]}"


def usd(amount: Decimal) -> str:
    """Write USD with two to four decimals, rounded."""
    whole, decimals = f"{amount:,.4f}".split(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def percent_of(used: Decimal, amount: Decimal) -> Decimal:
    return used / amount * 100
