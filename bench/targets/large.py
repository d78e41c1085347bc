"""Answers of a gigabyte, bodies of 32 MB, clients that take one byte a second."""

import asyncio
import time
from collections.abc import Awaitable, Iterator
from typing import Final, TypeVar

from bench.calls import long_body, measured_body
from bench.figures import Figure, at_least, at_most, told
from bench.load.readers import Sampler, Taken, take_a_byte_a_second, take_all
from bench.targets.site import Site

Result = TypeVar("Result")

MEGABYTE: Final = 1_000_000
GIGABYTE: Final = 1_000 * MEGABYTE
LARGEST_BODY: Final = 32 * 1_048_576 - 200_000
MOST_STREAMED_MB: Final = 16
MOST_KEPT_MB: Final = 300
"""For an answer that is read whole: the 64 MB that may be, a copy, and what is read of it."""
MOST_PER_SLOW_READER_MB: Final = 1.0

_PIECE: Final = 60_000
_SLOW_READERS: Final = 20
_SLOW_S: Final = 8.0
_RELEASED_WITHIN_S: Final = 30.0


def measure(site: Site) -> Iterator[Figure]:
    asyncio.run(take_all(site.running.plain, long_body(site.running.plain.model, size=1000)))
    yield from _streamed(site)
    yield from _kept(site)
    yield from _bodies(site)
    yield from _slow_readers(site)


def _streamed(site: Site) -> Iterator[Figure]:
    """Pass a stream of a gigabyte on."""
    size = GIGABYTE // 5 if site.is_quick else GIGABYTE
    began = time.perf_counter()
    taken, over_mb = _with_memory(site, take_all(site.running.stream, _asked(site, size)))
    seconds = time.perf_counter() - began
    yield at_least("a large stream: bytes that came", taken.size / MEGABYTE, size / MEGABYTE, "MB")
    yield told("a large stream: MB a second", taken.size / MEGABYTE / seconds)
    yield at_most("a large stream: memory over before", over_mb, MOST_STREAMED_MB, "MB")


def _kept(site: Site) -> Iterator[Figure]:
    """Refuse an answer of a gigabyte that would have to be held."""
    body = _asked(site, GIGABYTE, is_stream=False)
    taken, over_mb = _with_memory(site, take_all(site.running.stream, body))
    yield at_least("an answer of a gigabyte: status", taken.status, 502)
    yield at_most("an answer of a gigabyte: memory over before", over_mb, MOST_KEPT_MB, "MB")


def _bodies(site: Site) -> Iterator[Figure]:
    """Pass requests on that are as large as may be."""
    route = site.running.plain
    body = long_body(route.model, size=LARGEST_BODY)
    taken, over_mb = _with_memory(site, _one_after_the_other(site, body, times=4))
    good = sum(one.status == 200 for one in taken)  # noqa: PLR2004 - HTTP's own number
    yield at_least("bodies of 32 MB that were answered, of 4", good, 4)
    yield told("bodies of 32 MB: memory over before", over_mb, "MB")


async def _one_after_the_other(site: Site, body: bytes, *, times: int) -> list[Taken]:
    return [await take_all(site.running.plain, body) for _ in range(times)]


def _slow_readers(site: Site) -> Iterator[Figure]:
    """Hold back a fast stream for clients that take a byte a second."""
    site.calm()
    route, body = site.running.stream, _asked(site, GIGABYTE)

    async def all_of_them() -> list[int]:
        readers = (take_a_byte_a_second(route, body, seconds=_SLOW_S) for _ in range(_SLOW_READERS))
        return await asyncio.gather(*readers)

    taken, over_mb = _with_memory(site, all_of_them())
    name = f"{_SLOW_READERS} clients that take a byte a second"
    yield told(f"{name}: bytes taken", sum(taken))
    yield at_most(f"{name}: memory each", over_mb / len(taken), MOST_PER_SLOW_READER_MB, "MB")
    began = time.monotonic()
    while site.upstream_under_way() and time.monotonic() < began + _RELEASED_WITHIN_S:
        time.sleep(0.2)
    yield at_most("answers still given for them when they left", site.upstream_under_way(), 0)
    yield told("the upstream was let go after", time.monotonic() - began, "s")


def _asked(site: Site, size: int, *, is_stream: bool = True) -> bytes:
    model = site.running.stream.model
    pieces = size // _PIECE + 1
    return measured_body(model, pieces=pieces, every_ms=0, size=_PIECE, is_stream=is_stream)


def _with_memory(site: Site, work: Awaitable[Result]) -> tuple[Result, float]:
    """Wait for work, and tell what the gateway held at most beyond what it held before."""
    before_mb = site.resident_mb
    sampler = Sampler(lambda: site.resident_mb, every_s=0.05)

    async def sampled() -> Result:
        return await sampler.during(work)

    result = asyncio.run(sampled())
    return result, max((*sampler.values, before_mb)) - before_mb
