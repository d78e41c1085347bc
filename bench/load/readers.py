"""Clients that take their answers slowly, or take them all at once and only count."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bench.calls import Route

Result = TypeVar("Result")

_HEAD_END = b"\r\n\r\n"
_TAKEN_AT_ONCE = 1 << 18


@dataclass(slots=True)
class Taken:
    """What came of one answer: its status, its bytes, and whether it ended as it should."""

    status: int = 0
    size: int = 0
    tail: bytes = b""
    error: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.error and self.tail.endswith(b"0\r\n\r\n")


@dataclass(slots=True)
class Sampler:
    """Notes a number again and again while others work."""

    read: Callable[[], float]
    every_s: float = 0.25
    values: list[float] = field(default_factory=list)

    async def during(self, work: Awaitable[Result]) -> Result:
        """Wait for other work, and sample meanwhile."""
        sampling = asyncio.create_task(self._run())
        try:
            return await work
        finally:
            sampling.cancel()

    async def _run(self) -> None:
        while True:
            self.values.append(await asyncio.to_thread(self.read))
            await asyncio.sleep(self.every_s)


async def take_all(route: Route, body: bytes) -> Taken:
    """Read one answer to its end, keeping nothing of it but its size and its last bytes."""
    taken = Taken()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", route.port)
        try:
            writer.write(route.request(body))
            await _take(reader, taken)
        finally:
            writer.close()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        taken.error = type(error).__name__
    return taken


async def _take(reader: asyncio.StreamReader, taken: Taken) -> None:
    head = await reader.readuntil(_HEAD_END)
    taken.status = int(head.split(b" ", 2)[1])
    length = _length(head)
    while length is None or taken.size < length:
        piece = await reader.read(_TAKEN_AT_ONCE)
        if not piece:
            return
        taken.size += len(piece)
        taken.tail = (taken.tail + piece)[-8:]
        if length is None and taken.tail.endswith(b"0\r\n\r\n"):
            return
    taken.tail = b"0\r\n\r\n"


def _length(head: bytes) -> int | None:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return None


async def take_a_byte_a_second(route: Route, body: bytes, *, seconds: float) -> int:
    """Ask, take one byte each second for so long, then leave; return the bytes taken."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", route.port, limit=1)
    try:
        writer.write(route.request(body))
        ends_at, taken = loop.time() + seconds, 0
        while loop.time() < ends_at:
            taken += len(await reader.read(1))
            await asyncio.sleep(1)
    finally:
        writer.transport.abort()
    return taken
