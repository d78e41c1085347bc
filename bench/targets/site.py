"""A fresh installation in front of the upstreams, for one target."""

import http.client
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench import processes
from bench.calls import plain_body
from bench.load import wrk
from bench.load.runs import PlainRun
from bench.subjects import nginx
from bench.subjects.subject import Running, Upstreams
from bench.upstream import UNDER_WAY

Start = Callable[[Path, Upstreams], AbstractContextManager[Running]]

CONNECTIONS = 32
_QUIET_TIMEOUT_S = 5.0
_ROWS_TIMEOUT_S = 60.0
_ROWS_STILL_S = 5.0


@dataclass(frozen=True, slots=True)
class Site:
    """`is_quick` asks for a look instead of the whole measurement."""

    running: Running
    upstreams: Upstreams
    folder: Path
    start: Start
    is_quick: bool

    @contextmanager
    def another(self, name: str) -> Iterator["Site"]:
        """Open a second installation beside this one, in front of the same upstreams."""
        folder = self.folder / name
        folder.mkdir()
        with self.start(folder, self.upstreams) as running:
            yield replace(self, running=running, folder=folder)

    @property
    def resident_mb(self) -> float:
        return processes.resident_mb(self.running.counted)

    @property
    def cpu_s(self) -> float:
        return processes.cpu_s(self.running.counted)

    @property
    def rows(self) -> int:
        """How many usage rows there are."""
        return self.running.usage_rows() if self.running.usage_rows else 0

    def calm(self) -> None:
        """Wait until nothing of it is busy any more."""
        processes.wait_until_quiet(self.running.whole, timeout_s=_QUIET_TIMEOUT_S)

    def plain(self, *, seconds: int, body: bytes | None = None) -> PlainRun:
        """Send plain calls over 32 connections."""
        route = self.running.plain
        body = body or plain_body(route.model)
        return wrk.run(route, body, connections=CONNECTIONS, seconds=seconds)

    def upstream_under_way(self) -> int:
        """How many answers the streams' upstream is giving."""
        address = ("127.0.0.1", self.upstreams.stream)
        with closing(http.client.HTTPConnection(*address, timeout=10)) as connection:
            connection.request("GET", UNDER_WAY)
            return int(connection.getresponse().read())

    def rows_when_written(self, wanted: int) -> int:
        """Count usage rows once `wanted` are there, or none has come for five seconds."""
        return rows_when_written(lambda: self.rows, wanted)


@contextmanager
def opened(start: Start, *, is_quick: bool) -> Iterator[Site]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as temporary,
        nginx.started_upstreams(Path(temporary)) as (upstreams, _),
    ):
        folder = Path(temporary) / "axiom"
        folder.mkdir()
        with start(folder, upstreams) as running:
            yield Site(running, upstreams, folder, start, is_quick)


def rows_when_written(count: Callable[[], int], wanted: int) -> int:
    ends_at = time.monotonic() + _ROWS_TIMEOUT_S
    rows, came_at = count(), time.monotonic()
    while time.monotonic() < min(ends_at, came_at + _ROWS_STILL_S):
        time.sleep(0.5)
        now = count()
        if now != rows:
            rows, came_at = now, time.monotonic()
        elif rows >= wanted:
            break
    return rows
