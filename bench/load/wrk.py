"""Plain calls by `wrk`: C, one thread, far from being the bottleneck."""

import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

from bench.calls import MARKER, Route
from bench.load.runs import PlainRun

_SCRIPT = Path(__file__).with_name("plain.lua")
_RESULT = "RESULT "
_GRACE_S = 30


class _Result(TypedDict):
    good: int
    broken: int
    statuses: dict[str, int]
    connect: int
    read: int
    write: int
    timeout: int
    duration_us: int
    p50_us: float
    p99_us: float


def is_installed() -> bool:
    return shutil.which("wrk") is not None


def missing() -> str:
    return "" if is_installed() else "not installed: apt-get install wrk nginx-light"


def version() -> str:
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return " ".join(said.split(" [", 1)[0].split())


@dataclass(frozen=True, slots=True)
class Pace:
    """So many calls a second, whoever is late, for so many seconds; then all are waited for."""

    per_s: int
    seconds: int

    @property
    def calls(self) -> int:
        return self.per_s * self.seconds


def run(
    route: Route,
    body: bytes,
    *,
    connections: int,
    seconds: int,
    pace: Pace | None = None,
    tokens: Path | None = None,
) -> PlainRun:
    """Call for that many seconds; the process is ended if it outlasts them by half a minute.

    A subject that cannot be reached, or holds every call for that long, is a run without answers.
    With a pace `seconds` are those for which answers are waited for, and none is cut off. With
    `tokens`, a file of one a line, each call takes the next.
    """
    wanted = [f"per_s={pace.per_s}", f"most={pace.calls}"] if pace else []
    wanted += [f"tokens={tokens}"] if tokens else []
    with tempfile.NamedTemporaryFile(suffix=".json") as body_file:
        body_file.write(body)
        body_file.flush()
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
        headers = ["-H", "Content-Type: application/json", *_headers(route)]
        script = ["-s", str(_SCRIPT), route.url, "--", body_file.name, MARKER.decode(), *wanted]
        try:
            done = subprocess.run(
                ["wrk", *options, *headers, *script],
                capture_output=True,
                text=True,
                check=True,
                timeout=seconds + _GRACE_S,
            )
        except subprocess.CalledProcessError as error:
            return _nothing(connections, f"wrk: {error.stderr.strip() or error.stdout.strip()}")
        except subprocess.TimeoutExpired:
            return _nothing(connections, f"wrk: no end after {seconds + _GRACE_S} s")
    found = read_result(done.stdout, connections=connections)
    return replace(found, cut=0) if pace and found.good == pace.calls else found


def read_result(output: str, *, connections: int) -> PlainRun:
    """Find what our script wrote at the end of wrk's own report."""
    line = next(line for line in output.splitlines() if line.startswith(_RESULT))
    result: _Result = json.loads(line.removeprefix(_RESULT))
    failures = {what: count for what, count in _failures(result) if count}
    if not failures and not result["good"]:
        failures = {"no answer in time": connections}
    return PlainRun(
        connections=connections,
        seconds=result["duration_us"] / 1e6,
        good=result["good"],
        p50_ms=result["p50_us"] / 1000 if result["good"] else math.nan,
        p99_ms=result["p99_us"] / 1000 if result["good"] else math.nan,
        failures=failures,
        cut=connections,
    )


def _nothing(connections: int, why: str) -> PlainRun:
    return PlainRun(connections, 0.0, 0, math.nan, math.nan, {why: connections}, cut=connections)


def _failures(result: _Result) -> Iterator[tuple[str, int]]:
    for status, count in sorted(result["statuses"].items()):
        yield f"HTTP {status}", count
    yield "broken answer", result["broken"]
    yield "no connection", result["connect"]
    yield "cut", result["read"] + result["write"]
    yield "over 10 s", result["timeout"]


def _headers(route: Route) -> Iterator[str]:
    for name, value in route.headers:
        yield "-H"
        yield f"{name}: {value}"
