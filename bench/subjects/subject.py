"""What every subject offers to the measurement."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.calls import Route


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Ports on loopback: `plain` answers at once, `stream` slowly and in pieces."""

    plain: int
    stream: int


@dataclass(frozen=True, slots=True)
class Running:
    """A started subject.

    `counted` are the roots of the process trees whose CPU and memory are its cost; `whole` are
    those of everything it started. `usage_rows` counts what it has recorded, where it records.
    """

    plain: Route
    stream: Route
    counted: tuple[int, ...]
    whole: tuple[int, ...]
    usage_rows: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """One row of the table; `missing` tells what to do when it cannot run, else nothing."""

    name: str
    version: Callable[[], str]
    missing: Callable[[], str]
    start: Callable[[Path, Upstreams], AbstractContextManager[Running]]
