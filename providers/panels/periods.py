"""The spans that charts show, cut into equal steps that begin on whole hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """One choice of a chart: how long it looks back, in steps of how long."""

    slug: str
    label: str
    step: timedelta
    steps: int

    def until(self, now: datetime) -> "Period":
        """Take the steps that end with the one that `now` is in."""
        end = _EPOCH + ((now - _EPOCH) // self.step + 1) * self.step
        return Period(end - self.step * self.steps, self.step, self.steps)


SPANS: Final[Mapping[str, Span]] = MappingProxyType(
    {
        span.slug: span
        for span in (
            Span("day", "24 hours", timedelta(hours=1), 24),
            Span("week", "7 days", timedelta(hours=6), 28),
            Span("month", "30 days", timedelta(days=1), 30),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Period:
    start: datetime
    step: timedelta
    steps: int

    @property
    def end(self) -> datetime:
        return self.start + self.step * self.steps

    def step_of(self, moment: datetime) -> int | None:
        """Say which step, counted from 0, a moment is in; None outside."""
        number = (moment - self.start) // self.step
        return number if 0 <= number < self.steps else None

    def label(self, step: int) -> str:
        """Say when a step was, in UTC: `Nov 20, 14:00`, or the day alone."""
        begins = self.start + self.step * step
        whole_days = self.step >= timedelta(days=1)
        return f"{begins:%b} {begins.day}" + ("" if whole_days else f", {begins:%H:%M}")
