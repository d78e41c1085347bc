"""The ledger's side of the gateway: calls that ended are buffered, and written in batches."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import inf
from pathlib import Path
from typing import Final, Self

from django.utils import timezone

from accounts.models import Epoch
from gateway.database import Database, DatabaseAway
from gateway.journal import Journal, journals_in, taken_over
from gateway.ledger import Ledger, Line
from gateway.meter import Meter, meters_in, read_meter
from gateway.spool import Spool
from usage.entries import Entry
from usage.models import Writer
from usage.models.writer import Seen

logger = logging.getLogger(__name__)

FLUSH_S: Final = 0.5  # many lines a batch: each costs as much again as some two hundred of them
MOST_AT_ONCE: Final = 500  # lines, which are in memory twice while they are written
MOST_BUFFERED: Final = 20_000  # beyond, entries move to disk while the database is away
MOST_HELD: Final = 100_000  # beyond, no call is taken that could not be written down
_SWEPT_EVERY_S: Final = 5.0  # how soon the journal of a gateway that was killed is found
_SEEN_NOTED_EVERY_S: Final = 2.0
_LAST_NOTE_S: Final = 0.5
_KNOCK_S: Final = 2.0  # for a database that was away: calls come faster than a long wait is over
_DISK_AGAIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What the ledger's side of one process keeps on disk."""

    spool: Spool
    journal: Journal
    meter: Meter

    @classmethod
    def at(cls, folder: Path) -> Self:
        return cls(Spool(folder), Journal(folder), Meter(folder))


class Accounting:
    """Takes what ended, and sees that each becomes one line of the ledger.

    Written or handed over twice a second, and to a journal meanwhile. While the database is away
    entries wait in memory, then on disk; what waits on disk is written as soon as the database
    is back, whichever process left it there.
    """

    def __init__(
        self, database: Database, kept: Kept, *, serves_unrecorded: bool, by_worker: bool = False
    ) -> None:
        self._database = database
        self._spool, self._journal, self._meter = kept.spool, kept.journal, kept.meter
        self._ledger = Ledger(kept.spool, writer=kept.meter.name, by_worker=by_worker)
        self._serves_unrecorded = serves_unrecorded
        self.writer = kept.meter.name  # this process, in the ledger
        self._has_gap = False  # in the journal
        self._noted_at = -inf
        self._swept_at = -inf
        self._buffer: deque[Line] = deque()
        self._one_at_a_time = asyncio.Lock()
        self._is_away = False
        self._may_have_spooled = True  # from an earlier life
        self.spooled = 0
        self.lost = -1  # by the loss meter, over all gateways, once it was read

    @property
    def depth(self) -> int:
        """How many entries wait in memory."""
        return len(self._buffer)

    @property
    def waiting(self) -> int:
        """How many entries of this process are not in the ledger, as far as it knows."""
        return self.depth + self._ledger.unposted

    @property
    def written(self) -> int:
        return self._ledger.written

    @property
    def is_full(self) -> bool:
        """Whether a further call might go unrecorded: neither database nor disk take entries.

        A journal that can't be written is reason enough, unless the operator chose to serve
        without it: a kill would lose what it had answered.
        """
        if self._journal.is_refused and not self._serves_unrecorded:
            return True
        return self.is_overfull

    @property
    def is_overfull(self) -> bool:
        """Whether there is no room left for the line of a refusal either."""
        return len(self._buffer) >= MOST_HELD

    @property
    def seen(self) -> int:
        """How many calls of known callers this process has taken."""
        return self._meter.seen

    def see(self) -> None:
        """Count a call that is going to leave a line; `take` or `waive` ends it."""
        self._meter.see()

    def waive(self) -> None:
        """Take back a call that leaves no line."""
        self._meter.waive()

    def take(self, entry: Entry) -> None:
        """Take the line of a call that has ended."""
        line = Line.of(entry)
        self._buffer.append(line)
        self._journal.add(line.text)
        self._has_gap = self._has_gap or self._journal.is_refused
        self._meter.end()

    async def run(self) -> None:
        """Write again and again, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.flush()

    async def flush(self) -> None:
        """Write all that waits by now, from disk first; what can't be written goes on waiting."""
        async with self._one_at_a_time:
            try:
                await self._write_all()
            except DatabaseAway:
                self._note_away()
                await self._relieve()
            except OSError:
                logger.exception("the ledger's folder can't be used, %s entries wait", self.depth)
                await asyncio.sleep(_DISK_AGAIN_S)
            self._journal.try_again()

    async def close(self, *, longest_s: float) -> None:
        """Write what is left, to disk where the database is away or takes too long."""
        self._ledger.hand_over_no_more()
        try:
            async with asyncio.timeout(longest_s):
                await self.flush()
        except TimeoutError:
            logger.warning("the ledger took too long, %s entries go to disk", self.depth)
        while self._buffer and await self._move_to_disk():
            pass
        if not self._buffer:
            self._journal.end()
        self._meter.close(is_noted=await self._is_end_noted())

    async def _write_all(self) -> None:
        if self._is_away:
            await self._database.run(Epoch.current, longest_s=_KNOCK_S)
        await self._replay()
        self._journal.turn()
        await self._write_waiting()
        self._journal.drop()
        self._is_away = False
        self._has_gap = self._has_gap and bool(self._buffer)
        await self._note_seen()

    async def _replay(self) -> None:
        """Write what waits on disk, what other gateways have left there too."""
        now = time.monotonic()
        is_due = now - self._swept_at > _SWEPT_EVERY_S
        if self._may_have_spooled or is_due:
            for file in await asyncio.to_thread(lambda: self._spool.files):
                await self._database.run(partial(self._write_left, file))
            self._may_have_spooled = False
        if is_due:
            for file in await asyncio.to_thread(journals_in, self._spool.folder):
                await self._database.run(partial(self._write_left, file))
            for file in await asyncio.to_thread(meters_in, self._spool.folder):
                await self._database.run(partial(_note_last_seen, file))
            self._swept_at = now

    async def _note_seen(self) -> None:
        """Tell the loss meter, once all that has ended is in the ledger."""
        now = time.monotonic()
        if now - self._noted_at < _SEEN_NOTED_EVERY_S:
            return
        self._noted_at = now
        await self._database.run(partial(self._write_seen, self._seen()))

    async def _is_end_noted(self) -> bool:
        if self._is_away or self._buffer or self._may_have_spooled:
            return False  # whoever writes what is left finds the meter's file
        try:
            async with asyncio.timeout(_LAST_NOTE_S):
                await self._database.run(partial(self._write_seen, self._seen(), has_ended=True))
        except (TimeoutError, DatabaseAway):
            return False
        return True

    def _seen(self) -> Seen:
        return Seen(self._meter.seen, self._meter.under_way, len(self._buffer))

    async def _write_waiting(self) -> None:
        """Write what waits now: what comes meanwhile is many lines by the next time, not a few."""
        if self._ledger.has_batches:
            await self._database.run(self._ledger.look_after_batches)
        left = len(self._buffer)
        while left > 0:
            batch = self._oldest(left)
            await self._database.run(self._ledger.keeping(batch))
            self._drop(batch)
            left -= len(batch)

    async def _relieve(self) -> None:
        """Move to disk what is too much for memory; all of it where the journal lacks some."""
        surplus = len(self._buffer) - (0 if self._has_gap else MOST_BUFFERED)
        while surplus > 0 and await self._move_to_disk():
            surplus -= MOST_AT_ONCE

    async def _move_to_disk(self) -> bool:
        """Move the oldest batch to disk; False where the disk refuses it."""
        batch = self._oldest()
        try:
            await asyncio.to_thread(self._spool_batch, batch)
        except OSError:
            logger.exception("the usage spool can't be written; entries stay in memory")
            return False
        self._may_have_spooled = True
        self.spooled += len(batch)
        self._drop(batch)
        return True

    def _oldest(self, most: int = MOST_AT_ONCE) -> list[Line]:
        return list(islice(self._buffer, min(most, MOST_AT_ONCE)))

    def _drop(self, batch: list[Line]) -> None:
        """Forget the oldest, now that they are kept elsewhere; newer ones came behind them."""
        for _ in batch:
            self._buffer.popleft()

    # What runs in threads.

    def _write_left(self, file: Path) -> None:
        """Write a file's entries, unless somebody has it; one that can't be read stays there."""
        try:
            with taken_over(file) as is_ours:
                if is_ours:
                    self._ledger.write(self._spool.read(file))
                    self._spool.drop(file)
        except OSError:
            logger.exception("%s can't be moved into the ledger now", file)

    def _write_seen(self, seen: Seen, *, has_ended: bool = False) -> None:
        name, now = self._meter.name, timezone.now()
        Writer.objects.note_seen(name, seen, at=now, has_ended=has_ended)
        self.lost = Writer.objects.lost()

    def _spool_batch(self, batch: Sequence[Line]) -> None:
        self._spool.put([line.text for line in batch], number=time.time_ns())

    def _note_away(self) -> None:
        if not self._is_away:
            logger.warning("the ledger can't be written, %s entries wait", self.depth)
        self._is_away = True


def _note_last_seen(file: Path) -> None:
    """Note what a gateway that was killed had seen: what it left behind is written by now."""
    with taken_over(file) as is_ours:
        if is_ours:
            name, calls = read_meter(file)
            Writer.objects.note_seen(name, Seen(calls, 0, 0), at=timezone.now(), has_ended=True)
            file.unlink(missing_ok=True)
