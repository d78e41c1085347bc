"""Ten tokens in one project beside a hundred thousand in a thousand: what a request costs."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from bench.calls import PLAIN_MODEL, plain_body
from bench.figures import Figure, at_most, told
from bench.load import wrk
from bench.load.runs import PlainRun
from bench.processes import environment_of
from bench.targets.site import CONNECTIONS, Site

FEW_KEYS: Final = 10
MANY_KEYS: Final = 100_000
QUICK_KEYS: Final = 20_000
PROJECTS: Final = 1_000
MOST_MORE: Final = 0.05

_SPREAD_OVER: Final = 10_000
_MOST_WARM_UPS: Final = 20
_SECONDS: Final = 3
_ROUNDS: Final = 7
_QUICK_ROUNDS: Final = 5
_ROOT: Final = Path(__file__).parents[2]


def measure(site: Site) -> Iterator[Figure]:
    """Measure both in turns, each with ten tokens that call; compare processor time."""
    keys = QUICK_KEYS if site.is_quick else MANY_KEYS
    with site.another("many") as other:
        few = fill(site, projects=1, keys=FEW_KEYS, listed=FEW_KEYS)
        many = fill(other, projects=PROJECTS, keys=keys, listed=FEW_KEYS)
        sides = [(site, few), (other, many)]
        costs: dict[Path, list[float]] = {few: [], many: []}
        failed = sum(_failures(_run(one, tokens, 2)) for one, tokens in sides)
        for number in range(_QUICK_ROUNDS if site.is_quick else _ROUNDS):
            for one, tokens in sides[:: -1 if number % 2 else 1]:
                cost, failures = _cost(one, tokens)
                costs[tokens].append(cost)
                failed += failures
        yield told(f"CPU s per 1,000 with {FEW_KEYS} tokens in 1 project", median(costs[few]))
        more = median(costs[many]) / median(costs[few]) - 1
        yield at_most(f"more with {keys:,} in {PROJECTS:,} projects", more, MOST_MORE)
        yield at_most("failed", failed, 0)
        yield from _spread(other, median(costs[few]))


def _spread(site: Site, base: float) -> Iterator[Figure]:
    """Let as many tokens call as are remembered, from every project."""
    tokens = fill(site, projects=PROJECTS, keys=_SPREAD_OVER, listed=_SPREAD_OVER, prefix="Spread")
    # A run begins with the first token again: one that came around twice has met them all.
    runs = (_run(site, tokens, 2 * _SECONDS) for _ in range(_MOST_WARM_UPS))
    doubt = "" if any(run.good > 2 * _SPREAD_OVER for run in runs) else "some were looked up yet"
    more = _cost(site, tokens)[0] / base - 1
    yield told(f"more while {_SPREAD_OVER:,} tokens call", more, wanted=doubt)


def fill(site: Site, *, projects: int, keys: int, listed: int, prefix: str = "Bench") -> Path:
    """Add projects and keys to an installation; return the file with some of their tokens."""
    file = site.folder / f"{prefix}.tokens"
    numbers = (site.upstreams.plain, projects, keys)
    command = [sys.executable, "-m", "bench.targets.fill", *map(str, numbers)]
    subprocess.run(
        [*command, str(file), str(listed), prefix],
        cwd=_ROOT,
        env=environment_of(site.running.counted[0]),
        check=True,
    )
    return file


def _run(site: Site, tokens: Path, seconds: int) -> PlainRun:
    route, body = site.running.plain, plain_body(PLAIN_MODEL)
    return wrk.run(route, body, connections=CONNECTIONS, seconds=seconds, tokens=tokens)


def _cost(site: Site, tokens: Path) -> tuple[float, int]:
    """Give processor seconds for 1,000 good answers, and how many were none."""
    site.calm()
    before = site.cpu_s
    run = _run(site, tokens, _SECONDS)
    site.calm()
    return (site.cpu_s - before) / max(1, run.good) * 1000, _failures(run)


def _failures(run: PlainRun) -> int:
    return sum(run.failures.values())
