"""Many slow streams at once, each read to its end and checked word by word."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from bench.calls import FIRST_WORD, STREAM_S, Route, is_whole_stream
from bench.load.connection import Answer, Connection
from bench.load.runs import StreamRun, percentile

_OK = 200
_GRACE_S = 60.0
_MAX_STREAMS_EACH = 1_000


class _Tally:
    def __init__(self) -> None:
        self.good = 0
        self.first_s: list[float] = []
        self.whole_s: list[float] = []
        self.failures: Counter[str] = Counter()

    def note(self, answer: Answer, *, is_timed: bool) -> None:
        if answer.status != _OK:
            self.failures[f"HTTP {answer.status}"] += 1
        elif answer.first_s is None or not is_whole_stream(answer.body):
            self.failures["broken stream"] += 1
        else:
            self.good += 1
            if is_timed:
                self.first_s.append(answer.first_s)
                self.whole_s.append(answer.whole_s)


@dataclass(frozen=True, slots=True)
class _Plan:
    port: int
    request: bytes
    ends_at: float
    warm_up: int


async def steady(route: Route, body: bytes, *, connections: int, seconds: float) -> StreamRun:
    """Keep that many streams going, begun evenly spread over the length of one stream.

    Each connection's first stream is the warm-up and not timed; it runs others back to back until
    the seconds are over, at least one.
    """
    delays = [STREAM_S * number / connections for number in range(connections)]
    return await _run(route, body, delays=delays, seconds=seconds, warm_up=1)


async def burst(route: Route, body: bytes, *, connections: int) -> StreamRun:
    """Begin that many streams in the same moment, one each, over connections already open."""
    return await _run(route, body, delays=[0.0] * connections, seconds=0, warm_up=0)


async def _run(
    route: Route, body: bytes, *, delays: list[float], seconds: float, warm_up: int
) -> StreamRun:
    tally = _Tally()
    opened = await asyncio.gather(
        *(Connection.open(route.port) for _ in delays), return_exceptions=True
    )
    connections = [one for one in opened if isinstance(one, Connection)]
    if len(connections) < len(delays):
        tally.failures["no connection"] = len(delays) - len(connections)
    started = time.perf_counter()
    plan = _Plan(route.port, route.request(body), started + seconds, warm_up)
    await asyncio.gather(
        *(
            _stream_over(connection, plan, delay, tally)
            for connection, delay in zip(connections, delays, strict=False)
        )
    )
    return StreamRun(
        connections=len(delays),
        seconds=time.perf_counter() - started,
        good=tally.good,
        timed=len(tally.first_s),
        first_p50_ms=percentile(tally.first_s, 50) * 1000,
        first_p99_ms=percentile(tally.first_s, 99) * 1000,
        whole_p50_ms=percentile(tally.whole_s, 50) * 1000,
        whole_p99_ms=percentile(tally.whole_s, 99) * 1000,
        failures=dict(tally.failures),
    )


async def _stream_over(connection: Connection, plan: _Plan, delay: float, tally: _Tally) -> None:
    await asyncio.sleep(delay)
    try:
        for number in range(_MAX_STREAMS_EACH):
            if number > plan.warm_up and time.perf_counter() >= plan.ends_at:
                return
            if not connection.is_open:
                connection = await Connection.open(plan.port)
            async with asyncio.timeout(_GRACE_S):
                answer = await connection.ask(plan.request, watch=FIRST_WORD)
            tally.note(answer, is_timed=number >= plan.warm_up)
    except TimeoutError:
        tally.failures["over 60 s"] += 1
    except OSError:
        tally.failures["cut"] += 1
    finally:
        connection.close()
