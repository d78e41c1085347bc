"""What one run of a generator saw."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PlainRun:
    """Plain calls over a number of connections, each with one call under way at a time.

    `good` are whole 200 answers; everything else is in `failures` by what happened and in no rate.
    `cut` bounds the calls that were under way when the time was up.
    """

    connections: int
    seconds: float
    good: int
    p50_ms: float
    p99_ms: float
    failures: Mapping[str, int] = field(default_factory=dict)
    cut: int = 0

    @property
    def requests_per_s(self) -> float:
        return self.good / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class StreamRun:
    """Slow streams over a number of connections; `timed` of the `good` ones gave the times."""

    connections: int
    seconds: float
    good: int
    timed: int
    first_p50_ms: float
    first_p99_ms: float
    whole_p50_ms: float
    whole_p99_ms: float
    failures: Mapping[str, int] = field(default_factory=dict)


def percentile(values: Sequence[float], percent: float) -> float:
    """Find the nearest-rank percentile: always a value that was measured; `nan` of none."""
    if not values:
        return math.nan
    rank = math.ceil(percent / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]
