"""A report as its page shows it: cards, choices, tables. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from foundation.money import spent_label
from usage.panels.days import days_of
from usage.questions import COLUMNS, DAYS, Question
from usage.reports import Line, Report, Totals

MOST_SHOWN: Final = 100  # lines of one table


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    query: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that the page can be narrowed by."""

    label: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a table, in the words that people read."""

    name: str
    model: str
    requests: str
    failed: str
    input: str
    output: str
    cached: str
    cost: str
    note: str
    share: str
    query: str


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    lines: Sequence[Shown]
    total: Shown
    left_out: int


def page_of(report: Report, offered: Report, asked: Mapping[str, str]) -> dict[str, Any]:
    """Say it all in words; `offered` is the report that nothing narrows."""
    totals = report.totals
    return {
        "report": report,
        "query": query_of(asked),
        "asked": asked,
        "narrowing": {name: value for name, value in asked.items() if name in COLUMNS},
        "spans": _spans(asked, report.question),
        "choices": list(_choices(offered, asked)),
        "is_narrowed": bool(report.question.narrowed),
        "clear_query": query_of(asked, **dict.fromkeys(COLUMNS, "")),
        "cost": spent_label(totals.known_cost),
        "failed_share": share_of(totals.failed, totals.requests),
        "latencies": [(f"p{share}", _ms(totals.latency_at(share / 100))) for share in (50, 95, 99)],
        "ttft": _ms(totals.ttft_mean_ms),
        "days": days_of(report),
        "models": _table("Models", report.models, totals, asked, "provider"),
        "people": [
            table
            for title, lines, name in (
                ("Agents", report.agents, "agent"),
                ("API keys", report.keys, "key"),
                ("Users", report.users, "user"),
            )
            if (table := _table(title, lines, totals, asked, name)).lines
        ],
    }


def share_of(part: Decimal | int, whole: Decimal | int) -> str:
    """Say a share in percent: `—` of nothing, and never 0 % of what is something."""
    if not whole:
        return "—"
    percent = 100 * part / whole
    return "<0.1 %" if 0 < percent < Decimal("0.1") else f"{percent:.1f} %"


def query_of(asked: Mapping[str, str], **changed: str) -> str:
    """Write an address's query anew, with some of it changed; empty ones are left out."""
    kept = {name: value for name, value in (dict(asked) | changed).items() if value}
    return f"?{urlencode(kept)}" if kept else "?"


def _table(
    title: str, lines: Sequence[Line], totals: Totals, asked: Mapping[str, str], name: str
) -> Table:
    return Table(
        title,
        [_shown(line, totals, asked, name) for line in lines[:MOST_SHOWN]],
        _shown(Line("", "All", totals), totals, asked, name),
        max(len(lines) - MOST_SHOWN, 0),
    )


def _shown(line: Line, whole: Totals, asked: Mapping[str, str], name: str) -> Shown:
    sums = line.totals
    blind = sums.unpriced if sums.known_cost is not None else 0
    return Shown(
        name=line.name or line.id or "—",
        model=line.model,
        requests=f"{sums.requests:,}",
        failed=f"{sums.failed:,}",
        input=f"{sums.input_tokens:,}",
        output=f"{sums.generated_tokens:,}",
        cached=f"{sums.cached_tokens:,}",
        cost=spent_label(sums.known_cost),
        note=f"{blind:,} without a price" if blind else "",
        share=share_of(sums.cost, whole.cost),
        query=query_of(asked, **{name: line.id, "model": line.model or asked.get("model", "")}),
    )


def _spans(asked: Mapping[str, str], question: Question) -> list[Option]:
    by_days = not asked.get("from") and not asked.get("to")
    chosen = len(question.days) if by_days else 0
    return [
        Option(
            f"{days} days",
            query_of(asked, days=str(days), **{"from": "", "to": ""}),
            days == chosen,
        )
        for days in DAYS
    ]


def _choices(offered: Report, asked: Mapping[str, str]) -> Iterable[Choice]:
    providers = {line.id: line.name for line in offered.models if line.id}
    models = {line.model: line.model for line in offered.models if line.model}
    for label, name, found in (
        ("Provider", "provider", providers),
        ("Model", "model", models),
        ("Agent", "agent", _named(offered.agents)),
        ("Key", "key", _named(offered.keys)),
        ("User", "user", _named(offered.users)),
    ):
        chosen = asked.get(name, "")
        if not found and not chosen:
            continue
        if chosen:
            found.setdefault(chosen, chosen)
        ordered = sorted(found.items(), key=lambda item: item[1].casefold())
        options = [
            Option(text or value, query_of(asked, **{name: value}), value == chosen)
            for value, text in [("", "all"), *ordered]
        ]
        yield Choice(label, options)


def _named(lines: Iterable[Line]) -> dict[str, str]:
    return {line.id: line.name or line.id for line in lines}


def _ms(value: int | None) -> str:
    if value is None:
        return "—"
    return f"{value / 1000:,.1f} s" if value >= 10_000 else f"{value:,} ms"  # noqa: PLR2004 - long enough for a fraction
