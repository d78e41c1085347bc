"""What the gateway is to reach beside the others, judged by one run."""

from collections.abc import Iterator

from bench.figures import Figure, at_least, at_most, told
from bench.results import Measured, Report
from bench.table import over_ms, rate, ratio

TIMES_LITELLM, TIMES_PORTKEY = 60, 6
SHARE_OF_NGINX, MOONSHOT = 0.20, 0.35
MOST_OVER_MS = 0.35
FIRST_P50_OVER_MS, FIRST_P99_OVER_MS = 6, 30
OURS = ("axiom", "axiom-services")


def verdicts(report: Report) -> list[Figure]:
    """Judge every installation of ours that was measured against whoever was beside it."""
    ours = (report.named(name) for name in OURS)
    return [figure for one in ours if one for figure in _of(one, report)]


def _of(one: Measured, report: Report) -> Iterator[Figure]:
    yield from _rates(one, report)
    upstream = report.named("upstream")
    if upstream is None:
        return
    over = over_ms(one, upstream)
    yield at_most(f"{one.name}: p50 over the upstream, 1 connection", over, MOST_OVER_MS, "ms")
    for name, percentile, bound in (
        ("p50", lambda r: r.streams.first_p50_ms, FIRST_P50_OVER_MS),
        ("p99", lambda r: r.streams.first_p99_ms, FIRST_P99_OVER_MS),
    ):
        over = one.middle(percentile) - upstream.middle(percentile)
        yield at_most(f"{one.name}: first chunk {name} over the upstream's", over, bound, "ms")
    if one.usage is not None:
        yield at_most(f"{one.name}: rows lost", one.usage.lost, 0)


def _rates(one: Measured, report: Report) -> Iterator[Figure]:
    for name, bound in (
        ("litellm", TIMES_LITELLM),
        ("portkey", TIMES_PORTKEY),
        ("nginx", SHARE_OF_NGINX),
    ):
        base = report.named(name)
        if base is not None:
            yield at_least(f"{one.name}: requests/s", ratio(one, base, rate), bound, f"× {name}")
    nginx = report.named("nginx")
    if nginx is not None:
        share = ratio(one, nginx, rate) / MOONSHOT
        yield told(f"{one.name}: share of the moonshot, {MOONSHOT} × nginx", share)
