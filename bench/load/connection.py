"""One keep-alive connection of our own generator."""

import asyncio
import resource
import time
from dataclasses import dataclass

from bench.http1 import Garbled, MessageReader


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; times are seconds since the request was written.

    `first_s` is when the watched word had arrived, `None` when it never did.
    """

    status: int
    body: bytes
    first_s: float | None
    whole_s: float


def allow_many_connections() -> None:
    """Raise the limit of open files as far as this user may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Connection(asyncio.Protocol):
    """Asks one thing at a time; raises `ConnectionError` when the answer is cut or garbled."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._reader = MessageReader(is_answer=True)
        self._watched = b""
        self._sent_at = 0.0
        self._first_s: float | None = None
        self._waiting: asyncio.Future[Answer] | None = None

    @classmethod
    async def open(cls, port: int) -> "Connection":
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, "127.0.0.1", port)
        return connection

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes, *, watch: bytes = b"") -> Answer:
        """Send the request and wait for its answer, noting when `watch` had arrived."""
        if self._transport is None:
            raise ConnectionError("the connection is closed")
        self._reader = MessageReader(is_answer=True)
        self._watched = watch
        self._first_s = None
        self._waiting = self._loop.create_future()
        self._sent_at = time.perf_counter()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport if isinstance(transport, asyncio.Transport) else None

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._is_waiting:
            return
        try:
            self._reader.close()
        except Garbled as error:
            self._fail(exc or error)
        else:
            self._answer()

    def data_received(self, data: bytes) -> None:
        if not self._is_waiting:
            return
        try:
            self._reader.feed(data)
        except (Garbled, ValueError) as error:
            self._fail(error)
            return
        if self._first_s is None and self._watched and self._watched in self._reader.body:
            self._first_s = time.perf_counter() - self._sent_at
        if self._reader.is_complete:
            self._answer()

    @property
    def _is_waiting(self) -> bool:
        return self._waiting is not None and not self._waiting.done()

    def _answer(self) -> None:
        whole_s = time.perf_counter() - self._sent_at
        body = bytes(self._reader.body)
        if self._waiting is not None:
            self._waiting.set_result(Answer(self._reader.status, body, self._first_s, whole_s))

    def _fail(self, reason: Exception) -> None:
        if self._waiting is not None:
            self._waiting.set_exception(ConnectionError(str(reason)))
        self.close()
