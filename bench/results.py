"""What a run of the benchmark found: raw rounds, and the medians that the table shows."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from bench.load.runs import PlainRun, StreamRun


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of a subject's share of the work, and of all that it started.

    Read from before the 32 connections until the subject is quiet again: work put off until after
    the last answer counts too.
    """

    counted_s: float
    whole_s: float


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of one subject."""

    single: PlainRun
    many: PlainRun
    many_cost: Cost
    streams: StreamRun
    burst: StreamRun

    @property
    def cpu_s_per_1000(self) -> float:
        return self.many_cost.counted_s / self.many.good * 1000 if self.many.good else math.nan

    @property
    def failures(self) -> Counter[str]:
        runs = (self.single, self.many, self.streams, self.burst)
        return sum((Counter(run.failures) for run in runs), Counter[str]())


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident MB after the load: of the processes that count, and of all that was started."""

    counted_mb: float
    whole_mb: float


@dataclass(frozen=True, slots=True)
class UsageCheck:
    """Usage rows against calls, warm-ups included.

    Each `good` answer must have left a row; each of the `uncertain` ones (failed, or cut off when
    a generator's time was up) may have left one.
    """

    good: int
    uncertain: int
    rows: int

    @property
    def lost(self) -> int:
        return max(0, self.good - self.rows)

    @property
    def invented(self) -> int:
        """Rows that no call explains."""
        return max(0, self.rows - self.good - self.uncertain)


@dataclass(frozen=True, slots=True)
class Measured:
    """One subject's part of the run; `absent` tells why there are no rounds."""

    name: str
    version: str = ""
    absent: str = ""
    rounds: tuple[Round, ...] = ()
    memory: Memory | None = None
    usage: UsageCheck | None = None

    @property
    def failures(self) -> Counter[str]:
        return sum((one.failures for one in self.rounds), Counter[str]())

    def middle(self, value: Callable[[Round], float]) -> float:
        """Give the median of a number over the rounds that have it; `nan` without any."""
        values = self._values(value)
        return median(values) if values else math.nan

    def spread(self, value: Callable[[Round], float]) -> float:
        """Tell how far the rounds lie apart: (highest - lowest) / median."""
        values = self._values(value)
        middle = self.middle(value)
        return (max(values) - min(values)) / middle if values and middle else math.nan

    def _values(self, value: Callable[[Round], float]) -> list[float]:
        values = (value(one) for one in self.rounds)
        return [number for number in values if not math.isnan(number)]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often: `seconds` for each measurement of each of the `rounds`."""

    seconds: int = 3
    rounds: int = 3
    connections: int = 32
    streams: int = 100


@dataclass(frozen=True, slots=True)
class Report:
    """The whole run as it goes to the JSON file."""

    started_at: str
    machine: Mapping[str, str]
    generator: str
    plan: Plan
    subjects: tuple[Measured, ...]

    def named(self, name: str) -> Measured | None:
        return next((one for one in self.subjects if one.name == name and one.rounds), None)
