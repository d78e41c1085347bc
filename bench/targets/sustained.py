"""2,000 requests a second for a minute, and not one row lost."""

from collections.abc import Iterator
from typing import Final

from bench.calls import plain_body
from bench.figures import Figure, at_least, at_most, told
from bench.load import wrk
from bench.targets.site import Site

PER_S: Final = 2_000
SECONDS: Final = 60
QUICK_SECONDS: Final = 15
_CONNECTIONS: Final = 64
_GRACE_S: Final = 3
_SHARE: Final = 0.99  # of the pace; below, the machine could not keep it


def measure(site: Site) -> Iterator[Figure]:
    pace = wrk.Pace(PER_S, QUICK_SECONDS if site.is_quick else SECONDS)
    rows_before = site.rows
    route = site.running.plain
    run = wrk.run(
        route,
        plain_body(route.model),
        connections=_CONNECTIONS,
        seconds=pace.seconds + _GRACE_S,
        pace=pace,
    )
    rows = site.rows_when_written(rows_before + run.good) - rows_before
    rate = run.good / pace.seconds
    yield at_least(f"requests/s at a pace of {PER_S} for {pace.seconds} s", rate, PER_S * _SHARE)
    yield at_most("failed", sum(run.failures.values()), 0)
    yield at_most("rows lost", max(0, run.good - rows), 0)
    yield at_most("rows invented", max(0, rows - run.good - run.cut), 0)
    yield told("p50", run.p50_ms, "ms")
    yield told("p99", run.p99_ms, "ms")
