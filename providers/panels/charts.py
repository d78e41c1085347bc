"""A provider's charts: latency and health from its checks, requests and cost from the ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from accounts.authority import Principal
from foundation.money import spent_label
from providers.health import Health
from providers.models import HealthCheck, Provider
from providers.models.health import Seen
from providers.panels import drawing
from providers.panels.drawing import Bar, Dot
from providers.panels.periods import SPANS, Period, Span

# The gravest first: a step shows the worst that was seen in it.
_GRAVITY = (
    *(Health.INVALID_KEY, Health.UNREACHABLE, Health.RATE_LIMITED),
    *(Health.DEGRADED, Health.REACHABLE, Health.UNKNOWN),
)


@dataclass(frozen=True, slots=True)
class Used:
    """What the ledger has of one step; `cost` is USD, None where nothing had a price."""

    requests: int = 0
    failed: int = 0
    cost: Decimal | None = None


Ledger = Callable[[Provider, Principal, Period], Mapping[int, Used]]
_ledgers: list[Ledger] = []


def register(ledger: Ledger) -> None:
    """Let the floor above, which keeps the ledger, draw requests and cost here."""
    _ledgers.append(ledger)


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawing with the same in words: a summary, a scale and a table."""

    slug: str
    title: str
    summary: str
    top: str = ""
    bars: Sequence[Bar] = ()
    lines: Sequence[str] = ()
    dots: Sequence[Dot] = ()
    strip: Sequence[Bar] = ()
    threshold: float | None = None
    head: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()

    @property
    def is_empty(self) -> bool:
        return not self.rows


@dataclass(frozen=True, slots=True)
class Charts:
    span: Span
    spans: tuple[Span, ...]
    first: str
    last: str
    charts: tuple[Chart, ...]


@dataclass(slots=True)
class _Step:
    """What was seen in one step."""

    checks: int = 0
    answered: int = 0
    latency_sum: float = 0
    states: set[Health] = field(default_factory=set)

    @property
    def latency_ms(self) -> int | None:
        return round(self.latency_sum / self.answered) if self.answered else None

    @property
    def worst(self) -> Health | None:
        return next((health for health in _GRAVITY if health in self.states), None)


def charts_of(provider: Provider, who: Principal, *, span: str, now: datetime) -> Charts:
    """Draw a provider's charts from stored rows; two queries, however many rows."""
    chosen = SPANS.get(span, SPANS["day"])
    period = chosen.until(now)
    seen = HealthCheck.objects.visible_to(who).filter(provider=provider).by_hour(period.start)
    used: Mapping[int, Used] = {}
    for ledger in _ledgers:
        used = ledger(provider, who, period)
    return Charts(
        span=chosen,
        spans=tuple(SPANS.values()),
        first=period.label(0),
        last=period.label(period.steps - 1),
        charts=(
            _latency(provider, _steps(seen, period), period),
            _requests(used, period),
            _cost(used, period),
        ),
    )


def _steps(seen: Sequence[Seen], period: Period) -> list[_Step]:
    steps = [_Step() for _ in range(period.steps)]
    for row in seen:
        number = period.step_of(row.hour)
        if number is None:
            continue
        step = steps[number]
        step.checks += row.checks
        step.states.add(Health(row.state))
        if row.state in {Health.REACHABLE, Health.DEGRADED} and row.latency_ms is not None:
            step.answered += row.checks
            step.latency_sum += row.latency_ms * row.checks
    return steps


def _latency(provider: Provider, steps: Sequence[_Step], period: Period) -> Chart:
    values = [step.latency_ms for step in steps]
    known = [value for value in values if value is not None]
    threshold = provider.degraded_threshold_ms
    top = drawing.top_of(known)
    titles = [_seen_title(period.label(number), step) for number, step in enumerate(steps)]
    checks = sum(step.checks for step in steps)
    return Chart(
        slug="latency",
        title="Latency and health",
        summary=_latency_summary(checks, steps, known),
        top=f"{top:,.0f} ms" if known else "",
        lines=drawing.lines(values, top=top),
        dots=drawing.dots(values, titles, top=top),
        strip=drawing.strip([step.worst or "" for step in steps], titles),
        threshold=drawing.level(threshold, top) if known and threshold <= top else None,
        head=("From", "Checks", "Worst seen", "Mean latency"),
        rows=[
            (
                period.label(number),
                str(step.checks),
                str(step.worst.label) if step.worst else "—",
                "—" if step.latency_ms is None else f"{step.latency_ms:,} ms",
            )
            for number, step in enumerate(steps)
            if step.checks
        ],
    )


def _latency_summary(checks: int, steps: Sequence[_Step], known: Sequence[int]) -> str:
    if not checks:
        return "No checks in this time."
    answered = sum(step.answered for step in steps)
    said = f"{_count(checks, 'check')}, {answered} answered"
    if not known:
        return f"{said}."
    mean = round(sum(step.latency_sum for step in steps) / answered)
    return f"{said}, {mean:,} ms on average."


def _requests(used: Mapping[int, Used], period: Period) -> Chart:
    steps = [used.get(number, Used()) for number in range(period.steps)]
    titles = [
        f"{period.label(number)}: {_count(step.requests, 'request')}, {step.failed} failed"
        for number, step in enumerate(steps)
    ]
    top = drawing.top_of([step.requests for step in steps])
    requests, failed = sum(s.requests for s in steps), sum(s.failed for s in steps)
    return Chart(
        slug="requests",
        title="Requests",
        summary=f"{_count(requests, 'request')}, {failed} failed." if requests else _NOTHING,
        top=f"{top:,.0f}" if requests else "",
        bars=[
            *drawing.bars([step.requests for step in steps], titles, top=top),
            *drawing.bars([step.failed for step in steps], titles, top=top, tone="failed"),
        ],
        head=("From", "Requests", "Failed"),
        rows=[
            (period.label(number), f"{step.requests:,}", f"{step.failed:,}")
            for number, step in enumerate(steps)
            if step.requests
        ],
    )


_NOTHING = "No requests in this time."


def _cost(used: Mapping[int, Used], period: Period) -> Chart:
    steps = [used.get(number, Used()) for number in range(period.steps)]
    priced = [step.cost for step in steps if step.cost is not None]
    values = [float(step.cost or 0) for step in steps]
    titles = [
        f"{period.label(number)}: {spent_label(step.cost)}" for number, step in enumerate(steps)
    ]
    top = drawing.top_of(values)
    requests = sum(step.requests for step in steps)
    return Chart(
        slug="cost",
        title="Cost",
        summary=f"{spent_label(sum(priced, Decimal(0)))} in all."
        if priced
        else _unpriced(requests),
        top=f"${top:g}" if any(values) else "",
        bars=drawing.bars(values, titles, top=top),
        head=("From", "Cost"),
        rows=[
            (period.label(number), spent_label(step.cost))
            for number, step in enumerate(steps)
            if step.requests
        ],
    )


def _unpriced(requests: int) -> str:
    return "None of these requests had a known price." if requests else _NOTHING


def _seen_title(label: str, step: _Step) -> str:
    worst = step.worst.label if step.worst else "nothing seen"
    latency = "" if step.latency_ms is None else f", {step.latency_ms:,} ms on average"
    return f"{label}: {worst}, {_count(step.checks, 'check')}{latency}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
