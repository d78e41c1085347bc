"""Requests of 100 KB beside small ones, and beside what a proxy in C makes of both."""

from collections.abc import Iterator
from typing import Final

from bench.calls import Route, long_body, plain_body
from bench.figures import Figure, at_least, at_most, told
from bench.load import wrk
from bench.load.runs import PlainRun
from bench.subjects import nginx
from bench.targets.site import CONNECTIONS, Site

SIZE: Final = 100_000
LEAST_SHARE: Final = 0.5
_SECONDS: Final = 5
_QUICK_SECONDS: Final = 2
_ROUNDS: Final = 3


def measure(site: Site) -> Iterator[Figure]:
    folder = site.folder / "nginx"
    folder.mkdir()
    with nginx.started_proxy(folder, site.upstreams) as proxy:
        ours, theirs = _shares(site, [site.running.plain, proxy.plain])
    yield at_least(
        f"bodies of {SIZE // 1000} KB: share of the small ones' rate", ours[0], LEAST_SHARE
    )
    yield told("the same, nginx", theirs[0])
    yield told("requests/s with these bodies", ours[1])
    yield told("share of nginx's rate with them", ours[1] / theirs[1] if theirs[1] else 0.0)
    yield at_most("failed", ours[2], 0)


def _shares(site: Site, routes: list[Route]) -> list[tuple[float, float, int]]:
    """Give for each route the share, the rate with large bodies, and the failures."""
    seconds = _QUICK_SECONDS if site.is_quick else _SECONDS
    runs: dict[tuple[int, bool], list[PlainRun]] = {}
    for _ in range(1 if site.is_quick else _ROUNDS):
        for route in routes:
            bodies = (plain_body(route.model), long_body(route.model, size=SIZE))
            for is_long, body in enumerate(bodies):
                run = wrk.run(route, body, connections=CONNECTIONS, seconds=seconds)
                runs.setdefault((route.port, bool(is_long)), []).append(run)
    return [_share(runs[route.port, False], runs[route.port, True]) for route in routes]


def _share(small: list[PlainRun], long: list[PlainRun]) -> tuple[float, float, int]:
    small_rate, rate = (max(run.requests_per_s for run in one) for one in (small, long))
    failed = sum(sum(run.failures.values()) for run in (*small, *long))
    return (rate / small_rate if small_rate else 0.0, rate, failed)
