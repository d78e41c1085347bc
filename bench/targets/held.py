"""2,000 slow streams at once in one process, and what it holds meanwhile."""

import asyncio
import time
from collections.abc import Iterator
from typing import Final

from bench.calls import measured_body
from bench.figures import Figure, at_least, at_most, told
from bench.load.connection import allow_many_connections
from bench.load.readers import Sampler, Taken, take_all
from bench.targets.memory import MOST_GROWTH_MB, growth
from bench.targets.site import Site

STREAMS: Final = 2_000
MOST_KB_EACH: Final = 64
_PIECES: Final = 30
_QUICK_PIECES: Final = 15
_EVERY_MS: Final = 2_000
_SIZE: Final = 60
_SPREAD_S: Final = 8.0  # in which they begin
_TIMEOUT_S: Final = 240.0


def measure(site: Site) -> Iterator[Figure]:
    allow_many_connections()
    before_mb, rows_before = site.resident_mb, site.rows
    pieces = _QUICK_PIECES if site.is_quick else _PIECES
    sampler = Sampler(lambda: site.resident_mb, every_s=0.5)
    began = time.monotonic()
    taken = asyncio.run(sampler.during(_hold(site, pieces)))
    held_s = time.monotonic() - began
    whole = sum(one.status == 200 and one.is_whole for one in taken)  # noqa: PLR2004 - HTTP's own
    rows = site.rows_when_written(rows_before + whole) - rows_before
    opened = sampler.values[round(_SPREAD_S * 1.5 / sampler.every_s) :]
    flat = opened[: max(1, len(opened) * 3 // 4)]
    yield at_least(f"streams that came whole of {STREAMS:,}", whole, STREAMS)
    yield told("all of it", held_s, "s")
    yield told("resident before", before_mb, "MB")
    yield told("resident at most", max(sampler.values), "MB")
    each = (max(sampler.values) - before_mb) * 1000 / STREAMS
    yield at_most("resident for each stream", each, MOST_KB_EACH, "KB")
    yield at_most("growth while all are open", growth(flat), MOST_GROWTH_MB, "MB")
    yield at_most("rows lost", max(0, whole - rows), 0)
    yield at_most("answers the upstream still gives", site.upstream_under_way(), 0)


async def _hold(site: Site, pieces: int) -> list[Taken]:
    route = site.running.stream
    body = measured_body(route.model, pieces=pieces, every_ms=_EVERY_MS, size=_SIZE, is_stream=True)

    async def one(number: int) -> Taken:
        await asyncio.sleep(_SPREAD_S * number / STREAMS)
        return await take_all(route, body)

    async with asyncio.timeout(_TIMEOUT_S):
        return await asyncio.gather(*map(one, range(STREAMS)))
