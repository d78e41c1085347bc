"""Two gateway processes beside one, on the same database."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bench.calls import Route, plain_body
from bench.figures import Figure, at_least, told
from bench.load import wrk
from bench.load.runs import PlainRun
from bench.subjects.axiom import another_gateway
from bench.targets.site import CONNECTIONS, Site

LEAST_TIMES: Final = 1.7
CORES: Final = 6
"""Two gateways, two generators, the upstream, and the rest of the installation."""

_SECONDS: Final = 5
_QUICK_SECONDS: Final = 3


def measure(site: Site) -> Iterator[Figure]:
    seconds = _QUICK_SECONDS if site.is_quick else _SECONDS
    first = site.running.plain
    with another_gateway(site.running, site.folder) as second:
        for route in (first, second.plain):
            _run(route, 1)
        alone = _run(first, seconds).requests_per_s
        together = sum(run.requests_per_s for run in _both(first, second.plain, seconds))
    times = together / alone if alone else 0.0
    cores = len(os.sched_getaffinity(0))
    name = "requests/s of two processes, as a multiple of one"
    if cores >= CORES:
        yield at_least(name, times, LEAST_TIMES, "×")
    else:
        wanted = f"≥ {LEAST_TIMES}, told from {CORES} cores on; these are {cores}"
        yield told(name, times, "×", wanted=wanted)
    yield told("requests/s of one", alone)


def _run(route: Route, seconds: int) -> PlainRun:
    return wrk.run(route, plain_body(route.model), connections=CONNECTIONS, seconds=seconds)


def _both(first: Route, second: Route, seconds: int) -> list[PlainRun]:
    together = threading.Barrier(2)

    def run(route: Route) -> PlainRun:
        together.wait()
        return _run(route, seconds)

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(run, (first, second)))
