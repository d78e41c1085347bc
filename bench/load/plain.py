"""Plain calls by our own generator, where `wrk` is not installed: slower, equally strict."""

import asyncio
import time
from collections import Counter

from bench.calls import Route, is_whole_answer
from bench.load.connection import Answer, Connection
from bench.load.runs import PlainRun, percentile

MAX_REQUESTS = 2_000_000
_MAX_LOST_CONNECTIONS = 100
_ANSWER_TIMEOUT_S = 10.0
_OK = 200


class _Tally:
    """Shared by the connections of one run."""

    def __init__(self, seconds: float, max_requests: int) -> None:
        self.ends_at = time.perf_counter() + seconds
        self.left = max_requests
        self.times: list[float] = []
        self.failures: Counter[str] = Counter()

    def take_turn(self) -> bool:
        if self.left <= 0 or time.perf_counter() >= self.ends_at:
            return False
        self.left -= 1
        return True

    def note(self, answer: Answer) -> None:
        if answer.status != _OK:
            self.failures[f"HTTP {answer.status}"] += 1
        elif not is_whole_answer(answer.body):
            self.failures["broken answer"] += 1
        else:
            self.times.append(answer.whole_s)


async def run(
    route: Route,
    body: bytes,
    *,
    connections: int,
    seconds: float,
    max_requests: int = MAX_REQUESTS,
) -> PlainRun:
    """Call until the seconds or the requests are used up; calls under way are waited for."""
    request = route.request(body)
    tally = _Tally(seconds, max_requests)
    started = time.perf_counter()
    await asyncio.gather(*(_keep_asking(route.port, request, tally) for _ in range(connections)))
    return PlainRun(
        connections=connections,
        seconds=time.perf_counter() - started,
        good=len(tally.times),
        p50_ms=percentile(tally.times, 50) * 1000,
        p99_ms=percentile(tally.times, 99) * 1000,
        failures=dict(tally.failures),
    )


async def _keep_asking(port: int, request: bytes, tally: _Tally) -> None:
    for _ in range(_MAX_LOST_CONNECTIONS):
        try:
            connection = await Connection.open(port)
        except OSError:
            tally.failures["no connection"] += 1
            return
        if await _ask_over(connection, request, tally):
            return


async def _ask_over(connection: Connection, request: bytes, tally: _Tally) -> bool:
    """Ask until the run is over (True) or the connection is (False)."""
    try:
        while connection.is_open:
            if not tally.take_turn():
                return True
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                tally.note(await connection.ask(request))
    except TimeoutError:
        tally.failures["over 10 s"] += 1
    except ConnectionError:
        tally.failures["cut"] += 1
    finally:
        connection.close()
    return False
