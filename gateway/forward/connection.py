"""One connection to a provider's server: a request goes out, its answer comes in as it comes."""

import asyncio
from typing import Final, cast

from gateway.forward.failures import Cut
from gateway.http1.answers import AnswerReader
from gateway.http1.framing import WORTH_SPARING_BYTES, Garbled

MOST_WAITING_BYTES: Final = 65_536  # beyond, the server waits until what came has been taken


class Connection(asyncio.Protocol):
    """Speaks HTTP/1.1, one request at a time; `close` gives the server's time back at once."""

    __slots__ = (
        "_body",
        "_error",
        "_is_paused",
        "_loop",
        "_transport",
        "_waiter",
        "_waiting_bytes",
        "answer",
        "idle_since",
        "is_lost",
    )

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._loop = asyncio.get_running_loop()  # asking for it costs a system call
        self._transport: asyncio.Transport | None = None
        self.answer = AnswerReader()  # the last one
        self._body: list[bytes] = []
        self._waiting_bytes = 0
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self.is_lost = False
        self._is_paused = False

    @property
    def is_reusable(self) -> bool:
        """Whether the answer is complete and taken, and the server keeps the connection."""
        if self.is_lost or self._body or self._error is not None:
            return False
        return self.answer.is_reusable

    def send(self, head: bytes, body: bytes) -> None:
        """Write a whole request; its answer is the next thing to be read."""
        self.answer = AnswerReader()
        if self._transport is None or self.is_lost:
            return
        if len(body) < WORTH_SPARING_BYTES:
            self._transport.write(head + body)
        else:
            self._transport.writelines((head, body))

    def has_piece(self) -> bool:
        """Tell whether more of the body can be taken without waiting, or its end be told."""
        return bool(self._body) or self.answer.is_complete

    def is_taken(self) -> bool:
        """Tell whether all of the answer has come and been taken."""
        return self.answer.is_complete and not self._body

    async def piece(self) -> bytes:
        """Return what has come of the body since, empty at its end; raises `Garbled` or `Cut`."""
        while not self._body:
            if self.answer.is_complete:
                return b""
            await self.something()
        return self.taken()

    def taken(self) -> bytes:
        """Take what has come of the body, without waiting."""
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        self._waiting_bytes = 0
        if self._is_paused:
            self._resume()
        return body

    def close(self) -> None:
        self.is_lost = True
        if self._transport is not None:
            self._transport.abort()

    def something(self) -> "asyncio.Future[None]":
        """Give what can be waited for until something comes; raises `Garbled` or `Cut`."""
        if self._error is not None:
            raise self._error
        if self.is_lost:
            raise Cut(had_begun=self.answer.has_begun)
        self._waiter = waiter = self._loop.create_future()
        return waiter

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _resume(self) -> None:
        if self._transport is not None and not self.is_lost:
            self._is_paused = False
            self._transport.resume_reading()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.answer.is_complete:  # nobody has asked for it: the next answer would be in doubt
            self.close()
            return
        try:
            body = self.answer.feed(data)
        except Garbled as error:
            self._error = error
            self.close()
        else:
            if body:
                self._body.append(body)
                self._waiting_bytes += len(body)
                if self._waiting_bytes > MOST_WAITING_BYTES:
                    self._pause()
        self._wake()

    def eof_received(self) -> None:
        """Let the transport close: nobody is left to answer."""

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True
        if error is None and self.answer.ends_with_connection:
            self.answer.end()
        self._wake()

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            cast("asyncio.Transport", self._transport).pause_reading()
