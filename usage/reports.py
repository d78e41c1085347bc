"""What the ledger's sums say of some days: totals, days, models, people. Never a row of a call."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, Max, Sum
from django.db.models.functions import TruncDay

from accounts.models import Project
from accounts.principal import Principal
from usage.models.buckets import Bucket, BucketQuerySet, DayBucket, FreshBucket, MonthBucket
from usage.questions import COLUMNS, Question
from usage.tallies import LATENCIES, percentile


@dataclass(slots=True)
class Totals:
    """Sums of some calls; `cost` is of those whose price was known."""

    requests: int = 0
    failed: int = 0
    estimated: int = 0
    partial: int = 0
    unpriced: int = 0
    attempts: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost: Decimal = Decimal(0)
    latency_ms: int = 0
    ttft_ms: int = 0
    with_ttft: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * len(LATENCIES))

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row of sums; what it does not have is left as it is."""
        for name in _PLAIN:
            if f"sum_{name}" in row:
                setattr(self, name, getattr(self, name) + row[f"sum_{name}"])
        if f"sum_{LATENCIES[0]}" in row:
            counts = (row[f"sum_{name}"] for name in LATENCIES)
            self.latencies = [a + b for a, b in zip(self.latencies, counts, strict=True)]

    @property
    def known_cost(self) -> Decimal | None:
        """None where nothing had a price: that is not zero."""
        return None if self.requests and self.requests == self.unpriced else self.cost

    @property
    def cached_tokens(self) -> int:
        return self.cache_read_tokens + self.cache_write_tokens

    @property
    def generated_tokens(self) -> int:
        return self.output_tokens + self.reasoning_tokens

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.cached_tokens + self.generated_tokens

    @property
    def ttft_mean_ms(self) -> int | None:
        return round(self.ttft_ms / self.with_ttft) if self.with_ttft else None

    def latency_at(self, share: float) -> int | None:
        """Tell the latency in ms that a share of calls did not exceed, as near as bounds tell."""
        return percentile(self.latencies, share)


_PLAIN: Final = tuple(part.name for part in fields(Totals) if part.name != "latencies")
_MONEY: Final = (
    *("requests", "failed", "unpriced", "cost", "input_tokens", "output_tokens"),
    *("cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """What one of several used; `model` is empty where it is no model of a provider."""

    id: str
    name: str
    totals: Totals
    model: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Answers to one question, each list the dearest first."""

    question: Question
    totals: Totals
    days: Mapping[date, Mapping[str, Totals]]
    models: Sequence[Line]
    agents: Sequence[Line]
    keys: Sequence[Line]
    users: Sequence[Line]


def report(who: Principal, project: Project | None, question: Question) -> Report:
    """Answer with what the reader may see; three queries, however many rows."""
    asked = _Asked(who, project, question)
    models = _models(asked)
    totals = Totals()
    for row in models:
        totals.add(row)
    people = asked.sums(*_PEOPLE, sums=_MONEY, names=_NAMES)
    return Report(
        question=question,
        totals=totals,
        days=_days(asked),
        models=_lines(
            models, lambda row: (row["provider_public_id"], row["model"]), "provider_name"
        ),
        agents=_lines(people, lambda row: (row["agent_public_id"], ""), "agent_name"),
        keys=_lines(people, lambda row: (row["key_public_id"], ""), "key_name"),
        users=_lines(people, lambda row: (row["user_public_id"], ""), "user_name"),
    )


def models_of(who: Principal, project: Project | None, question: Question) -> Sequence[Line]:
    """Answer for models alone; one query."""
    rows = _models(_Asked(who, project, question))
    return _lines(rows, lambda row: (row["provider_public_id"], row["model"]), "provider_name")


def parts_of(
    who: Principal, project: Project | None, question: Question
) -> Iterable[Mapping[str, Any]]:
    """Give the finest sums of each day, for a spreadsheet; one query, read as it comes."""
    asked = _Asked(who, project, question)
    by = ("day", "kind_of_use", *COLUMNS.values())
    names = ("provider_name", *_NAMES)
    parts: Iterable[Mapping[str, Any]] = (
        asked.united(*by, sums=_PLAIN, names=names).order_by(*by).iterator(chunk_size=2_000)
    )
    return parts


_PEOPLE: Final = ("agent_public_id", "key_public_id", "user_public_id")
_NAMES: Final = ("agent_name", "key_name", "user_name")
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Asked:
    who: Principal
    project: Project | None
    question: Question

    def sums(self, *by: str, sums: Sequence[str], names: Sequence[str] = ()) -> list[_Row]:
        return list(self.united(*by, sums=sums, names=names))

    def united(self, *by: str, sums: Sequence[str], names: Sequence[str] = ()) -> Any:
        """Group all parts in one statement: a roll-up meanwhile changes nothing."""
        first, *others = (
            rows.order_by()
            .annotate(day=day)
            .values(*by)
            .annotate(
                **{f"last_{name}": Max(name) for name in names},
                **{f"sum_{name}": Sum(name) for name in sums},
            )
            for rows, day in self._parts(is_by_day="day" in by)
        )
        return first.union(*others, all=True)

    def _parts(self, *, is_by_day: bool) -> Iterator[tuple[BucketQuerySet, Any]]:
        """Give the fewest rows that hold every call once, and the first day of each.

        Whole months have sums of their own, a thirtieth of the rows; who asks by day needs days.
        """
        yield self._rows(FreshBucket), TruncDay("starts_at")
        days, months = self._rows(DayBucket), self.question.whole_months
        if months and not is_by_day:
            yield self._rows(MonthBucket).between(*months), F("starts_at")
            days = days.outside(*months)
        yield days, F("starts_at")

    def _rows(self, model: type[Bucket]) -> BucketQuerySet:
        buckets: BucketQuerySet = model.objects.visible_to(self.who)
        inside = buckets.for_project(self.project) if self.project else buckets
        return inside.between(*self.question.span).filter(**self.question.narrowed)


def _models(asked: _Asked) -> list[_Row]:
    by = ("provider_public_id", "model")
    return asked.sums(*by, sums=(*_PLAIN, *LATENCIES), names=("provider_name",))


def _days(asked: _Asked) -> Mapping[date, Mapping[str, Totals]]:
    found: dict[date, dict[str, Totals]] = {day: {} for day in asked.question.days}
    for row in asked.sums("day", "kind_of_use", sums=_MONEY):
        kinds = found[row["day"].astimezone(UTC).date()]
        kinds.setdefault(row["kind_of_use"], Totals()).add(row)
    return found


def _lines(
    rows: Iterable[_Row], key_of: Callable[[_Row], tuple[str, str]], name: str
) -> Sequence[Line]:
    """Add rows up by what they are of; who used nothing by name is left out."""
    lines: dict[tuple[str, str], Line] = {}
    for row in rows:
        key = key_of(row)
        if not any(key):
            continue
        line = lines.setdefault(key, Line(key[0], row[f"last_{name}"], Totals(), key[1]))
        line.totals.add(row)
    return sorted(lines.values(), key=_dearest_first)


def _dearest_first(line: Line) -> tuple[Decimal, int, str, str]:
    return -line.totals.cost, -line.totals.requests, line.name.casefold(), line.model
