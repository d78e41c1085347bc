"""Ends waits that last too long and calls whose client has left: one look at all of them at once.

A timer for each call would cost more than everything else that the gateway does
with it; most calls are over before the first look.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf
from types import TracebackType
from typing import Any, Final

TICK_S: Final = 0.1


class TooLong(Exception):
    """The wait took as long as it may."""


class ClientLeft(Exception):
    """Nobody is there any more to be answered."""


class Stopping(Exception):
    """The gateway ends, and what is under way with it."""


class Watched:
    """One call under watch: `with watched.at_most(5): …` bounds every wait inside.

    The waits end by TooLong, ClientLeft or Stopping, and all of them together by TooLong once
    `longest_s` are over. Only the task that made it may use it, and only one such block at a time.
    """

    __slots__ = (
        "_deadline",
        "_end",
        "_ends_at",
        "_has_left",
        "_longest_s",
        "_task",
    )

    def __init__(
        self,
        has_left: Callable[[], bool],
        *,
        longest_s: float = inf,
        task: "asyncio.Task[None] | None" = None,
    ) -> None:
        """`has_left` tells whether the client is gone; `task` is the one that is running.

        Asking for that costs a system call in Python 3.11, so whoever knows it says so.
        """
        self._has_left = has_left
        self._deadline: float | None = None
        self._end: type[Exception] | None = None
        self._longest_s = longest_s
        self._ends_at = time.monotonic() + longest_s
        self._task: asyncio.Task[Any] | None = task or asyncio.current_task()

    def at_most(self, seconds: float) -> "Watched":
        self._deadline = min(self._ends_at, time.monotonic() + seconds)
        return self

    @property
    def is_overdue(self) -> bool:
        """Whether the call as a whole has taken as long as it may."""
        return time.monotonic() >= self._ends_at

    def __enter__(self) -> None:
        if self._deadline is None:
            raise RuntimeError("say how long: with watched.at_most(seconds)")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._deadline = None
        end = self._end
        if end is None or kind is not asyncio.CancelledError or self._task is None:
            return
        self._end = None
        self._task.uncancel()
        raise end from None

    def allowed_s(self, wait_s: float) -> float:
        """Say which limit a wait of at most `wait_s` has met: its own, or the whole call's."""
        return self._longest_s if self.is_overdue else wait_s

    def look(self, *, now: float) -> None:
        """End the wait under way where it is time."""
        if self._has_left():
            self.end(ClientLeft)
        elif self._deadline is not None and now >= self._deadline:
            self.end(TooLong)

    def end(self, why: type[Exception]) -> None:
        """End the wait under way; does nothing where none is, or where one is ending already."""
        if self._deadline is None or self._end is not None or self._task is None:
            return
        self._end = why
        self._task.cancel()


class Watch:
    """Every call that is under way."""

    def __init__(self) -> None:
        self._watched: set[Watched] = set()
        self._emptied: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._watched)

    def add(self, watched: Watched) -> None:
        self._watched.add(watched)

    def drop(self, watched: Watched) -> None:
        self._watched.discard(watched)
        if self._emptied is not None and not self._watched and not self._emptied.done():
            self._emptied.set_result(None)

    async def until_empty(self, *, longest_s: float) -> None:
        """Wait for every call to end, or for as long as may be."""
        if self._watched:
            self._emptied = asyncio.get_running_loop().create_future()
            with suppress(TimeoutError):
                async with asyncio.timeout(longest_s):
                    await self._emptied

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            for watched in tuple(self._watched):
                watched.look(now=now)

    def end_all(self) -> None:
        """End every wait under way because the gateway stops."""
        for watched in tuple(self._watched):
            watched.end(Stopping)
