"""When a part that died is started again, and when that is given up."""

from collections import deque
from dataclasses import dataclass, field

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
SETTLED_AFTER_S = 30.0
DEATHS_AT_START = 5


@dataclass(slots=True)
class Restarts:
    """The deaths of one part; pure, the caller brings the clock.

    A part that has once run for `SETTLED_AFTER_S` is always started again, at most every
    `LONGEST_WAIT_S`. One that dies `DEATHS_AT_START` times within `SETTLED_AFTER_S` before
    that has something wrong which trying again doesn't mend.
    """

    has_settled: bool = False
    _wait_s: float = FIRST_WAIT_S
    _deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS_AT_START))

    def wait_after_death(self, *, ran_s: float, now_s: float) -> float | None:
        """Seconds until the next start, or None when there shall be no other."""
        self._deaths.append(now_s)
        if ran_s >= SETTLED_AFTER_S:
            self.has_settled = True
            self._wait_s = FIRST_WAIT_S
        if not self.has_settled and self._has_died_too_often(now_s):
            return None
        wait_s = self._wait_s
        self._wait_s = min(LONGEST_WAIT_S, wait_s * 2)
        return wait_s

    def _has_died_too_often(self, now_s: float) -> bool:
        full = len(self._deaths) == DEATHS_AT_START
        return full and now_s - self._deaths[0] <= SETTLED_AFTER_S
