"""Notice within half a second that routing or authority has changed, and confirm that it is known.

The number stands in the database. That it has moved is announced over the Redis-protocol server,
and looked for anyway: often while nobody announces, else as often as a lost word may cost.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from functools import partial
from secrets import token_hex
from typing import Final

from django.utils import timezone

from accounts.models import Epoch, EpochReader
from gateway.database import Database, DatabaseAway

POLL_S: Final = 0.4
ANNOUNCED_POLL_S: Final = 0.8

logger = logging.getLogger(__name__)


class Epochs:
    """Reads the database's epoch and calls `forget` whenever it moved.

    While the database is away nothing is forgotten: what is known goes on serving. `name` is how
    this process confirms what it has seen, to those who wait for it (`accounts.barrier`).
    """

    def __init__(self, polls: Database, notes: Database, forget: Callable[[], None]) -> None:
        self.name = f"{socket.gethostname()[:60]}-{token_hex(4)}"
        self.seen_at: float | None = None
        self.is_away = False
        self.is_announced = False  # whether somebody tells at once that it has moved
        self._polls, self._notes = polls, notes
        self._forget = forget
        self._known: int | None = None
        self._looking, self._writing = asyncio.Lock(), asyncio.Lock()
        self._looked_at = 0.0
        self._told, self._moved = asyncio.Event(), asyncio.Event()

    @property
    def is_known(self) -> bool:
        """Whether the database has answered, and still does."""
        return self._known is not None and not self.is_away

    @property
    def age_s(self) -> float:
        """Seconds since the epoch was last read."""
        return time.monotonic() - self.seen_at if self.seen_at is not None else -1.0

    def hear(self) -> None:
        """Look at once: somebody says that it has moved."""
        self._told.set()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            self._told.clear()
            await self._look_after(time.monotonic())
            await _until(self._told, ANNOUNCED_POLL_S if self.is_announced else POLL_S)

    async def freshen(self, moment: float) -> None:
        """Know what was true at `moment`, of the monotonic clock; many who ask share one look.

        A database that is away is not waited for.
        """
        if not self.is_away:
            await self._look_after(moment)

    async def _look_after(self, moment: float) -> None:
        async with self._looking:
            if self._looked_at <= moment:
                await self.look()

    async def look(self) -> None:
        self._looked_at = time.monotonic()
        try:
            epoch = await self._polls.run(Epoch.current)
        except DatabaseAway:
            self._note_away()
            return
        if self.is_away:
            logger.warning("the database is back")
        if epoch != self._known:
            self._forget()
            self._moved.set()
        self._known, self.is_away, self.seen_at = epoch, False, time.monotonic()

    async def confirm(self) -> None:
        """Say up to which epoch this process is right; a database that is away is told later."""
        if not self.is_known or self._known is None:
            return
        note = partial(EpochReader.note, self.name, self._known, now=timezone.now())
        # A thread that writes can't be called back: whoever leaves has to come after it.
        await asyncio.shield(self._write(note, otherwise="the epoch could not be confirmed"))

    async def confirm_each(self) -> None:
        """Confirm whenever it has moved, and every few seconds, until cancelled."""
        while True:
            await _until(self._moved, EpochReader.HEARTBEAT_S)
            self._moved.clear()
            await self.confirm()

    async def take_leave(self) -> None:
        """Let nobody wait for this process any more."""
        leave = EpochReader.objects.filter(name=self.name).delete
        await self._write(leave, otherwise="the gateway could not take its leave")

    async def _write(self, note: Callable[[], object], *, otherwise: str) -> None:
        async with self._writing:
            try:
                await self._notes.run(note)
            except DatabaseAway:
                logger.info(otherwise)

    def _note_away(self) -> None:
        if not self.is_away:
            logger.warning("the database is away: known tokens go on, unknown ones get 503")
        self.is_away = True


async def _until(event: asyncio.Event, longest_s: float) -> None:
    try:
        async with asyncio.timeout(longest_s):
            await event.wait()
    except TimeoutError:
        return
