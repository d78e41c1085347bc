"""A million requests: what the gateway holds after them, and whether that goes on growing."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from bench.figures import Figure, at_least, at_most, told
from bench.targets.site import Site

REQUESTS: Final = 1_000_000
QUICK_REQUESTS: Final = 100_000
MOST_MB: Final = 120
MOST_GROWTH_MB: Final = 1.0
"""Between the middle and the last third: what a collector and an allocator move by themselves."""

_SECONDS: Final = 5
_QUICK_SECONDS: Final = 2
_MOST_RUNS: Final = 2_000


def measure(site: Site) -> Iterator[Figure]:
    wanted = QUICK_REQUESTS if site.is_quick else REQUESTS
    rows_before, before_mb = site.rows, site.resident_mb
    samples, good, uncertain = _samples(site, wanted)
    rows = site.rows_when_written(rows_before + good) - rows_before
    yield at_least("requests", good, wanted)
    yield told("resident before", before_mb, "MB")
    yield at_most("resident after", site.resident_mb, MOST_MB, "MB")
    yield at_most("growth from the middle to the last third", growth(samples), MOST_GROWTH_MB, "MB")
    yield at_most("rows lost", max(0, good - rows), 0)
    yield at_most("rows invented", max(0, rows - good - uncertain), 0)


def growth(samples: Sequence[float]) -> float:
    """Compare the medians of the middle and of the last third."""
    third = max(1, len(samples) // 3)
    return median(samples[-third:]) - median(samples[-2 * third : -third] or samples[:1])


def _samples(site: Site, wanted: int) -> tuple[list[float], int, int]:
    samples: list[float] = []
    good = uncertain = 0
    for _ in range(_MOST_RUNS):
        run = site.plain(seconds=_QUICK_SECONDS if site.is_quick else _SECONDS)
        good, uncertain = good + run.good, uncertain + run.cut + sum(run.failures.values())
        samples.append(site.resident_mb)
        if good >= wanted or not run.good:
            break
    return samples, good, uncertain
