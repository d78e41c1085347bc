"""One request on a connection, and its answer as bytes."""

import asyncio
import time
from collections.abc import Iterable
from typing import Final, Protocol, Self

from gateway.http1.requests import RequestHead
from gateway.listen import wire

MOST_WAITING_BYTES: Final = 262_144  # of a body that nobody reads; beyond, the client waits

Headers = Iterable[tuple[str, str]]


class Closed(RuntimeError):
    """The client is gone, or what it sends is no body."""


class Line(Protocol):
    """What a turn needs of its connection."""

    @property
    def is_lost(self) -> bool: ...

    @property
    def is_full(self) -> bool: ...

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """The one that answers its turns."""

    def keeps_going(self) -> bool: ...

    def write(self, data: bytes) -> None: ...

    async def drained(self) -> None: ...

    def future(self) -> "asyncio.Future[None]": ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def abort(self) -> None: ...


class Turn:
    """A request to be read, and to be answered once. Reading and sending raise Closed."""

    __slots__ = (
        "_expects_continue",
        "_line",
        "_pieces",
        "_sends_chunks",
        "_waiter",
        "_waiting_bytes",
        "body",
        "head",
        "is_answered",
        "is_garbled",
        "is_over",
        "must_close",
        "task",
    )

    def __init__(self, line: Line, head: RequestHead) -> None:
        self._line = line
        self.head = head
        self.body = head.body()  # what has come of it, and what came behind it
        self.task = line.task
        self._pieces: list[bytes] = []
        self._waiting_bytes = 0
        self._waiter: asyncio.Future[None] | None = None
        self._sends_chunks = False
        self._expects_continue = head.headers.get("expect", "").lower() == "100-continue"
        self.is_answered = False
        self.is_garbled = False
        self.is_over = False  # answered to its end: what still comes of its body is passed over
        self.must_close = not head.keeps_connection

    @property
    def is_lost(self) -> bool:
        """Whether the client has left."""
        return self._line.is_lost

    def take(self, data: bytes) -> None:
        """Take what the connection brings; raises Garbled."""
        piece = self.body.feed(data)
        if piece and not self.is_over:
            self._pieces.append(piece)
            self._waiting_bytes += len(piece)
            if self._waiting_bytes > MOST_WAITING_BYTES and self._waiter is None:
                self._line.pause()
        if self._waiter is not None:
            self.wake()

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def finish(self) -> None:
        """End the answer where it was sent in pieces."""
        self.is_over = True
        self._pieces.clear()
        if self._sends_chunks and not self._line.is_lost:
            self._line.write(wire.LAST_CHUNK)

    def break_off(self, last: bytes) -> None:
        """Send a last piece, if any, and end the answer so that it can't be taken for complete.

        Where nothing is to be sent any more, what the client has not taken is dropped.
        """
        if last:
            self._line.write(wire.chunk(last) if self._sends_chunks else last)
        else:
            self._line.abort()
        self._sends_chunks = False  # nor a last one of no bytes
        self.must_close = True

    # Reading.

    def taken(self) -> bytes:
        """Take what has come of the body since, without waiting."""
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._waiting_bytes = 0
        return body

    async def whole(self) -> bytes:
        """Read the body to its end; who calls has looked at its length."""
        while not self.body.is_complete:
            await self._more()
        return self.taken()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self.body.is_complete:
                raise StopAsyncIteration
            await self._more()
        return self.taken()

    # Answering.

    def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a complete answer."""
        self._begin()
        length = f"content-length: {len(body)}"
        head = wire.head(status, headers, length, *self._connection(), now=time.time())
        self._line.write(head if self.head.method == "HEAD" else head + body)

    def stream(self, status: int, headers: Headers) -> None:
        """Begin an answer in pieces; `finish` ends it."""
        self._begin()
        self._sends_chunks = self.head.is_modern
        if not self._sends_chunks:
            self.must_close = True
        framing = ["transfer-encoding: chunked"] if self._sends_chunks else []
        self._line.write(wire.head(status, headers, *framing, *self._connection(), now=time.time()))

    def send(self, data: bytes) -> None:
        """Send a piece; where the line `is_full` by then, wait until it is `drained`."""
        if self._line.is_lost:
            raise Closed("the client has left")
        if data:
            for part in wire.chunked(data) if self._sends_chunks else (data,):
                self._line.write(part)

    @property
    def is_full(self) -> bool:
        """Whether the client has so much to take yet that it should get no more."""
        return self._line.is_full

    async def drained(self) -> None:
        """Wait until the client has taken enough of what it was sent."""
        await self._line.drained()

    def _begin(self) -> None:
        if self.is_answered:
            raise RuntimeError("a request is answered once")
        self.is_answered = True
        self.must_close = self.must_close or not self._line.keeps_going()

    def _connection(self) -> tuple[str, ...]:
        if self.must_close:
            return ("connection: close",)
        return () if self.head.is_modern else ("connection: keep-alive",)

    async def _more(self) -> None:
        if self.is_garbled or self._line.is_lost:
            raise Closed("the body did not come to its end")
        if self._expects_continue:
            self._expects_continue = False
            self._line.write(wire.CONTINUE)
        self._waiter = self._line.future()
        self._line.resume()
        try:
            await self._waiter
        finally:
            self._waiter = None
