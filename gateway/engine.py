"""Everything that one gateway process holds: put together, started, drained and closed."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Final

from gateway.accounting import Accounting, Kept
from gateway.attempts import Attempts
from gateway.bounds import Bounds
from gateway.breaker import Breaker
from gateway.database import Database
from gateway.epochs import Epochs
from gateway.forward.destinations import Destinations
from gateway.forward.pool import Pool
from gateway.forward.sending import Sender
from gateway.lag import LoopLag
from gateway.limits import Limits
from gateway.metrics import Metrics
from gateway.pipeline import Pipeline
from gateway.principals import Principals
from gateway.request_ids import RequestIds
from gateway.sharing import Sharing
from gateway.snapshots.memory import Tables
from gateway.watch import Watch

logger = logging.getLogger(__name__)

LAST_WORDS_S: Final = 0.4  # for calls that are still under way to be told that they end
LAST_WRITE_S: Final = 1.0  # for the ledger; what is left by then goes to disk

_LOOK_UP_THREADS: Final = 4
_LONGEST_WRITE_S: Final = 30.0
_PRUNE_S: Final = 5.0
_TOLD_AGAIN_S: Final = 0.1


class Engine:
    """One process's gateway, inside a running loop.

    `failed` is set when one of its tasks has ended by itself: then nothing is to be relied on.
    """

    def __init__(
        self,
        *,
        bounds: Bounds,
        spool_dir: Path,
        redis_address: str,
        serves_unrecorded: bool = False,
        ledger_by_worker: bool = False,
    ) -> None:
        self._look_ups = Database(threads=_LOOK_UP_THREADS, longest_s=bounds.look_up_s)
        self._polls = Database(threads=1, longest_s=bounds.look_up_s)
        self._notes = Database(threads=1, longest_s=bounds.look_up_s)
        self._writes = Database(threads=1, longest_s=_LONGEST_WRITE_S)
        self._claims = Database(threads=1, longest_s=bounds.look_up_s)
        pool = Pool()
        self._sender = Sender(Destinations(pool, longest_s=bounds.connect_s), pool, bounds)
        self._tasks: list[asyncio.Task[None]] = []
        self.is_draining = False
        self.failed = asyncio.Event()
        self.request_ids = RequestIds()
        self.lag = LoopLag()
        self.epochs = Epochs(self._polls, self._notes, self.forget)
        breaker = Breaker()
        self.sharing = Sharing(redis_address, breaker, self.epochs)
        metrics = Metrics(self._gauges)
        self.pipeline = Pipeline(
            principals=Principals(self._look_ups),
            tables=Tables(self._look_ups),
            attempts=Attempts(self._look_ups, self._sender, bounds),
            accounting=Accounting(
                self._writes,
                Kept.at(spool_dir),
                serves_unrecorded=serves_unrecorded,
                by_worker=ledger_by_worker,
            ),
            limits=Limits(self._claims, redis_address, count=metrics.limited),
            metrics=metrics,
            watch=Watch(),
            bounds=bounds,
            look=self.epochs.freshen,
            breaker=breaker,
            observe=self.sharing.observe,
        )

    @property
    def missing(self) -> list[str]:
        """What it lacks to serve everybody."""
        lacks = {
            "database": not self.epochs.is_known,
            "ledger": self.pipeline.accounting.is_full,
            "time: it is stopping": self.is_draining,
        }
        return [name for name, is_lacking in lacks.items() if is_lacking]

    async def start(self) -> None:
        """Look at the database once, then keep watch in the background."""
        await self.epochs.look()
        await self.epochs.confirm()
        self.keep_running(self.epochs.run())
        self.keep_running(self.epochs.confirm_each())
        self.keep_running(self.sharing.run())
        self.keep_running(self.pipeline.watch.run())
        self.keep_running(self.pipeline.accounting.run())
        self.keep_running(self.pipeline.limits.run())
        self.keep_running(self._prune())
        self.keep_running(self.lag.run())

    def keep_running(self, work: Coroutine[None, None, None]) -> None:
        """Run work that has no end; should it end, the gateway is broken."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_end)
        self._tasks.append(task)

    def forget(self) -> None:
        """Drop everything that was read from the database: it has changed."""
        self.pipeline.principals.forget()
        self.pipeline.tables.forget()
        self.pipeline.attempts.forget()

    async def drain(self) -> None:
        """Take no more calls, let those under way end, and tell the last ones that they can't."""
        self.is_draining = True
        await self.pipeline.watch.until_empty(longest_s=self.pipeline.bounds.drain_s)
        self.pipeline.watch.end_all()
        await self.pipeline.watch.until_empty(longest_s=LAST_WORDS_S)

    async def close(self) -> None:
        """Write the ledger and let go of everything."""
        left = set(self._tasks)
        while left:  # a group that fails in that very moment does not notice that it is cancelled
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=_TOLD_AGAIN_S)
        await self.epochs.take_leave()
        await self.pipeline.accounting.close(longest_s=LAST_WRITE_S)
        await self.pipeline.limits.close()
        self._sender.close()
        await self.pipeline.attempts.close()
        databases = (self._look_ups, self._polls, self._notes, self._writes, self._claims)
        await asyncio.gather(*(database.close() for database in databases))

    def _note_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            logger.error("a part of the gateway has ended by itself", exc_info=task.exception())
            self.failed.set()

    async def _prune(self) -> None:
        while True:
            await asyncio.sleep(_PRUNE_S)
            self._sender.prune()

    def _gauges(self) -> Iterator[tuple[str, str, float]]:
        accounting = self.pipeline.accounting
        yield "axiom_gateway_calls", "Calls under way.", len(self.pipeline.watch)
        yield "axiom_gateway_ledger_waiting", "Ended calls not yet written.", accounting.waiting
        yield "axiom_gateway_ledger_seen", "Calls that have to be in the ledger.", accounting.seen
        yield "axiom_gateway_ledger_written", "Lines written to the ledger.", accounting.written
        yield "axiom_gateway_ledger_spooled", "Lines put on disk first.", accounting.spooled
        yield "axiom_gateway_redis_here", "Whether processes tell each other.", self.sharing.is_here
        yield "axiom_gateway_ledger_lost", "Calls seen anywhere without a line.", accounting.lost
        yield "axiom_gateway_loop_lag_seconds", "The longest in the last while.", self.lag.longest_s
        yield "axiom_gateway_epoch_age_seconds", "Since the epoch was read.", self.epochs.age_s
