"""The days of a report as stacked bars, and the same in words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from foundation.money import spent_label
from providers.panels import drawing
from providers.panels.drawing import HEIGHT, WIDTH, Bar
from usage.entries import KindOfUse
from usage.reports import Report, Totals

KINDS: Final = tuple(kind.value for kind in KindOfUse)


@dataclass(frozen=True, slots=True)
class Days:
    """One drawing: a bar for each day, in it a part for each kind of use that there was."""

    top: str
    bars: Sequence[Bar]
    kinds: Sequence[str]
    first: str
    last: str
    rows: Sequence[tuple[str, ...]]
    summary: str


def days_of(report: Report) -> Days:
    """Draw the requests of each day by kind of use."""
    used = {kind for kinds in report.days.values() for kind in kinds}
    kinds = [kind for kind in KINDS if kind in used]
    counts = [_requests(day) for day in report.days.values()]
    top = drawing.top_of(counts)
    busiest = max(report.days, key=lambda day: _requests(report.days[day]))
    return Days(
        top=f"{top:,.0f}" if any(counts) else "",
        bars=_bars(report.days, kinds, top),
        kinds=kinds,
        first=_label(report.question.first),
        last=_label(report.question.last),
        rows=[_row(day, found, kinds) for day, found in report.days.items() if found],
        summary=f"Most on {_label(busiest)}: {max(counts):,}." if any(counts) else "",
    )


def _bars(days: Mapping[date, Mapping[str, Totals]], kinds: Sequence[str], top: float) -> list[Bar]:
    width = WIDTH / len(days)
    gap = min(2.0, width / 4)
    bars = []
    for number, (day, found) in enumerate(days.items()):
        foot = float(HEIGHT)
        for kind in kinds:
            if kind not in found:
                continue
            count = found[kind].requests
            height = HEIGHT * count / top
            foot -= height
            title = f"{_label(day)}, {kind}: {count:,}"
            left, broad = round(number * width + gap / 2, 2), round(width - gap, 2)
            bars.append(Bar(left, round(foot, 2), broad, round(height, 2), title, kind))
    return bars


def _row(day: date, found: Mapping[str, Totals], kinds: Sequence[str]) -> tuple[str, ...]:
    counts = (f"{found[kind].requests:,}" if kind in found else "—" for kind in kinds)
    tokens = sum(totals.tokens for totals in found.values())
    return (_label(day), *counts, f"{tokens:,}", spent_label(_cost(found)))


def _cost(found: Mapping[str, Totals]) -> Decimal | None:
    known = [totals.cost for totals in found.values() if totals.known_cost is not None]
    return sum(known, Decimal(0)) if known else None


def _requests(found: Mapping[str, Totals]) -> int:
    return sum(totals.requests for totals in found.values())


def _label(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"
