"""Trips that many callers share: what comes while one is under way goes with the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_MOST_AT_ONCE: Final = 200


class Batches(Generic[Item, Answer]):
    """Takes items in the order in which they came, one trip at a time.

    `away` is the error of a trip that fails whatever it carries.
    """

    def __init__(
        self,
        trip: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        away: type[Exception],
    ) -> None:
        self._trip = trip
        self._away = away
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    def put(self, item: Item) -> "asyncio.Future[Answer]":
        """Send an item with the next trip; a failure that nobody waits for is nobody's."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_seen)
        self._waiting.append((item, future))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return future

    async def settled(self) -> None:
        """Wait until nothing waits."""
        if self._running is not None:
            await asyncio.wait({self._running})

    async def _run(self) -> None:
        while self._waiting:
            batch = self._waiting[:_MOST_AT_ONCE]
            del self._waiting[:_MOST_AT_ONCE]
            if not await self._go(batch):
                for one in batch:  # what is wrong with one of them is nobody else's
                    await self._go([one])

    async def _go(self, batch: Sequence[tuple[Item, "asyncio.Future[Answer]"]]) -> bool:
        """Make one trip; False where it failed by one of several items."""
        try:
            answers = await self._trip([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever waits for an item is told
            if len(batch) > 1 and not isinstance(error, self._away):
                return False
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return True
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
        return True


def _seen(future: "asyncio.Future[Any]") -> None:
    if not future.cancelled():
        future.exception()
