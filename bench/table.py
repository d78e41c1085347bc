"""The report as text: aligned columns, ratios, and everything that went wrong."""

import math
from collections.abc import Callable, Iterator, Sequence

from bench.numbers import aligned, number
from bench.results import Measured, Report, Round

Number = Callable[[Round], float]

_PLAIN_HEAD = ("", "req/s", "p50 ms", "p99 ms", "req/s", "±", "p50 ms", "p99 ms", "CPU s", "MB")
_STREAM_HEAD = ("", "first p50", "first p99", "whole p50", "burst p50", "burst p99", "timed")
_BASES = ("upstream", "nginx", "portkey", "litellm")


def render(report: Report) -> str:
    return "\n".join(
        [
            *_facts(report),
            "",
            f"Plain calls: 1 connection, then {report.plan.connections}; CPU s per 1,000 calls",
            *aligned([_PLAIN_HEAD, *(_plain_row(one) for one in _present(report))]),
            "",
            f"{report.plan.streams} slow streams at once, milliseconds; burst: all begun together",
            *aligned([_STREAM_HEAD, *(_stream_row(one) for one in _present(report))]),
            "",
            f"Requests/s at {report.plan.connections} connections, as a multiple of",
            *aligned([("", *_bases(report), "p50 over upstream, 1 conn."), *_ratio_rows(report)]),
            "",
            *_remarks(report),
        ]
    )


def _facts(report: Report) -> Iterator[str]:
    yield f"{report.started_at}, {report.plan.rounds} rounds of {report.plan.seconds} s, medians"
    yield ", ".join(f"{name} {value}" for name, value in report.machine.items())
    yield f"Generator: {report.generator}"


def _present(report: Report) -> list[Measured]:
    return [one for one in report.subjects if one.rounds]


def _plain_row(one: Measured) -> Sequence[str]:
    return (
        _name(one),
        number(one.middle(lambda r: r.single.requests_per_s)),
        number(one.middle(lambda r: r.single.p50_ms)),
        number(one.middle(lambda r: r.single.p99_ms)),
        number(one.middle(rate)),
        _percent(one.spread(rate)),
        number(one.middle(lambda r: r.many.p50_ms)),
        number(one.middle(lambda r: r.many.p99_ms)),
        number(one.middle(lambda r: r.cpu_s_per_1000)),
        number(one.memory.counted_mb) if one.memory else "",
    )


def _stream_row(one: Measured) -> Sequence[str]:
    return (
        _name(one),
        number(one.middle(lambda r: r.streams.first_p50_ms)),
        number(one.middle(lambda r: r.streams.first_p99_ms)),
        number(one.middle(lambda r: r.streams.whole_p50_ms)),
        number(one.middle(lambda r: r.burst.first_p50_ms)),
        number(one.middle(lambda r: r.burst.first_p99_ms)),
        str(sum(r.streams.timed for r in one.rounds)),
    )


def _bases(report: Report) -> list[str]:
    return [name for name in _BASES if report.named(name)]


def _ratio_rows(report: Report) -> Iterator[Sequence[str]]:
    upstream = report.named("upstream")
    for one in _present(report):
        bases = (report.named(name) for name in _bases(report))
        ratios = [number(ratio(one, base, rate)) + " ×" for base in bases if base]
        over = over_ms(one, upstream) if upstream else math.nan
        yield (_name(one), *ratios, f"{number(over)} ms")


def ratio(one: Measured, base: Measured, value: Number) -> float:
    """Compare the medians of a number; `nan` when the base has none."""
    below = base.middle(value)
    return one.middle(value) / below if below else math.nan


def over_ms(one: Measured, upstream: Measured) -> float:
    """Tell what a subject adds to the upstream's median answer at one connection."""
    return one.middle(_single_p50) - upstream.middle(_single_p50)


def _single_p50(one: Round) -> float:
    return one.single.p50_ms


def rate(one: Round) -> float:
    return one.many.requests_per_s


def _remarks(report: Report) -> Iterator[str]:
    for one in report.subjects:
        if one.absent:
            yield f"{one.name}: {_briefly(one.absent)}"
        elif one.failures:
            told = ", ".join(f"{count} × {what}" for what, count in sorted(one.failures.items()))
            yield f"{one.name} !: {told} (in no rate; its row is not comparable)"
        else:
            yield f"{one.name}{_version(one)}: every answer whole{_whole_tree(one)}"
        if one.usage:
            yield _usage_line(one)


def _usage_line(one: Measured) -> str:
    usage = one.usage
    if usage is None:
        return ""
    return (
        f"{one.name}: {usage.rows} usage rows for {usage.good} good answers and up to "
        f"{usage.uncertain} cut or failed calls: {usage.lost} rows lost, {usage.invented} invented"
    )


def _briefly(absent: str) -> str:
    """Leave out the log, which was printed when the subject failed and is in the JSON."""
    first, *log = absent.splitlines()
    return f"{first} see its log above" if log else first


def _version(one: Measured) -> str:
    return f" {one.version}" if one.version else ""


def _whole_tree(one: Measured) -> str:
    if one.memory is None or one.memory.whole_mb == one.memory.counted_mb:
        return ""
    cpu = number(one.middle(lambda r: r.many_cost.whole_s / r.many.good * 1000))
    return f"; with all its processes {cpu} CPU s per 1,000 and {number(one.memory.whole_mb)} MB"


def _name(one: Measured) -> str:
    return f"{one.name} !" if one.failures else one.name


def _percent(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.0%}"
