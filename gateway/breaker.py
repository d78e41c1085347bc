"""When to leave a model alone for a while: opens after failures in a row, then lets one probe by.

Pure but for its memory: the caller says what time it is, in Unix time, so that processes can tell
each other. What it notes is kept until somebody takes it away, to be told to the others.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.snapshots.tables import Target

FAILURES_TO_OPEN: Final = 3
OPEN_FOR_S: Final = 60.0

_MOST_STATES: Final = 10_000
_MOST_NOTES: Final = 10_000


@dataclass(frozen=True, slots=True)
class State:
    """Failures in a row, and until when nobody is let by; a state without failures is none."""

    failures: int = 0
    open_until: float = 0.0

    @property
    def is_open(self) -> bool:
        return self.failures >= FAILURES_TO_OPEN

    def failed(self, *, now: float, retry_after_s: int | None = None) -> "State":
        """Count a failure; `retry_after_s` is how long the provider itself wants to be left."""
        failures = self.failures + 1
        if failures < FAILURES_TO_OPEN:
            return State(failures)
        return State(failures, now + max(OPEN_FOR_S, retry_after_s or 0))


CLOSED: Final = State()


class Breaker:
    """One state for each edition of a target: whatever people change about it starts anew.

    Open, it lets a single request by after a minute, as a probe.
    """

    def __init__(self) -> None:
        self._states: dict[str, State] = {}
        self._notes: deque[str] = deque(maxlen=_MOST_NOTES)

    def is_open(self, target: Target, now: float) -> bool:
        """Tell whether it is to be left alone at this moment."""
        state = self._states.get(key_of(target)) if self._states else None
        return state is not None and state.is_open and now < state.open_until

    def begin(self, target: Target, *, now: float) -> State:
        """Take note that a request goes out: after an open minute the others wait for its end.

        Returns what was true before, for `told_nothing`.
        """
        if not self._states:
            return CLOSED
        state = self._states.get(key_of(target), CLOSED)
        if state.is_open:
            self._put(
                key_of(target), State(state.failures, max(state.open_until, now + OPEN_FOR_S))
            )
        return state

    def told_nothing(self, target: Target, *, before: State) -> None:
        """Take a probe back whose end says nothing of the model, so that the next one may probe."""
        state = self._states.get(key_of(target)) if before.is_open else None
        if state is not None and state.failures == before.failures:
            self._put(key_of(target), before)

    def succeeded(self, target: Target) -> bool:
        """Start the count anew; tells whether there was any."""
        has_failed = bool(self._states) and key_of(target) in self._states
        if has_failed:
            self._put(key_of(target), CLOSED)
        return has_failed

    def failed(self, target: Target, *, now: float, retry_after_s: int | None = None) -> None:
        key = key_of(target)
        state = self._states.get(key, CLOSED)
        self._put(key, state.failed(now=now, retry_after_s=retry_after_s))

    def take_notes(self) -> dict[str, State]:
        """Give the states that have changed here since the last time."""
        keys = dict.fromkeys(self._notes)
        self._notes.clear()
        return {key: self._states.get(key, CLOSED) for key in keys}

    def learn(self, states: Iterable[tuple[str, State]]) -> None:
        """Take over what another process has seen."""
        for key, state in states:
            self._keep(key, state)

    def _put(self, key: str, state: State) -> None:
        self._keep(key, state)
        self._notes.append(key)

    def _keep(self, key: str, state: State) -> None:
        if state.failures:
            if len(self._states) >= _MOST_STATES:
                self._states.clear()
            self._states[key] = state
        else:
            self._states.pop(key, None)


def key_of(target: Target) -> str:
    return f"{target.id}/{target.edition}"
