"""Cold look-ups: the ORM runs in threads, so that the event loop never waits for a database."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, connections

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_CLOSED_WITHIN_S: Final = 0.4
_WAITS_S: Final = 2.0  # of a thread that is done for one that is not, which nobody waits for
_SAID_EVERY_S: Final = 30.0
_AT_ONCE_S: Final = 1.0  # an error that comes faster is worth a second try on a new connection


class DatabaseAway(Exception):
    """The database did not answer, or not in time."""


class Database:
    """A few threads, each with a connection of its own that is kept between look-ups."""

    def __init__(self, *, threads: int, longest_s: float) -> None:
        self._count = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="database")
        self._longest_s = longest_s
        self._is_closing = False
        self.asked = 0  # by how many at this moment

    async def run(self, work: Callable[[], Result], *, longest_s: float | None = None) -> Result:
        """Run `work` in a thread and return what it returns; raises `DatabaseAway`."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, self._done, work)
        self.asked += 1
        try:
            async with asyncio.timeout(longest_s or self._longest_s):
                return await running
        except TimeoutError as error:
            raise DatabaseAway from error
        finally:
            self.asked -= 1

    async def close(self) -> None:
        """Let every thread close its connection and end; one that hangs is left behind."""
        self._is_closing = True
        together = threading.Barrier(self._count)
        closing = [self._threads.submit(_close, together) for _ in range(self._count)]
        self._threads.shutdown(wait=False)
        await asyncio.wait(map(asyncio.wrap_future, closing), timeout=_CLOSED_WITHIN_S)

    def _done(self, work: Callable[[], Result]) -> Result:
        try:
            return _guarded(work)
        finally:
            if self._is_closing:
                connections.close_all()


def _close(together: threading.Barrier) -> None:
    """Close this thread's connections, and wait for the others: none does it for two."""
    connections.close_all()
    with suppress(threading.BrokenBarrierError):
        together.wait(_WAITS_S)


def _guarded(work: Callable[[], Result]) -> Result:
    """Run it; a connection that was lost meanwhile is worth a second try on a new one."""
    started = time.monotonic()
    try:
        return _answered(work)
    except DatabaseAway:
        if time.monotonic() - started > _AT_ONCE_S:
            raise
    return _answered(work)


def _answered(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except (DataError, IntegrityError):
        raise  # about the values, not about the database
    except (DatabaseError, InterfaceError) as error:
        connections.close_all()
        _complaint.make(str(error))
        raise DatabaseAway(str(error)) from error


class _Complaint:
    """Says why the database does not answer: once, and again only after a while."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def make(self, why: str) -> None:
        now = time.monotonic()
        if now >= self._silent_until:
            self._silent_until = now + _SAID_EVERY_S
            logger.warning("the database does not answer: %s", why.strip())


_complaint = _Complaint()
