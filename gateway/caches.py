"""What was looked up once and holds until the epoch moves."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """A bounded memory of look-ups: the least used goes first, one look-up per key at a time.

    `forget` empties it. A look-up that was under way by then may have read what was true before:
    it still answers those who wait for it, and is not kept.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Key, Value] = OrderedDict()
        self._under_way: dict[Key, asyncio.Task[Value]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def known(self, key: Key) -> Value | None:
        """Return what is remembered, without waiting for anything."""
        value = self._known.get(key)
        if value is not None:
            self._known.move_to_end(key)
        return value

    async def get(self, key: Key, look_up: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """Return what is remembered, else look it up; raises what the look-up raises."""
        value = self.known(key)
        if value is not None:
            return value
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(look_up())
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        # One who leaves must not take the look-up from the others who wait for it.
        return await asyncio.shield(task)

    def drop(self, key: Key) -> None:
        """Forget one thing; the next who asks looks it up."""
        self._known.pop(key, None)

    def forget(self) -> None:
        self._known.clear()
        self._under_way.clear()

    def _ended(self, key: Key, task: "asyncio.Task[Value]") -> None:
        is_current = self._under_way.get(key) is task
        if is_current:
            del self._under_way[key]
        has_failed = task.cancelled() or task.exception() is not None
        if has_failed or not is_current:
            return
        self._known[key] = task.result()
        if len(self._known) > self._most:
            self._known.popitem(last=False)
