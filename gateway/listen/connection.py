"""A client's connection: one task answers its requests, one after the other."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, cast

from gateway.endpoints import form_for
from gateway.formats import openai
from gateway.http1.framing import Garbled
from gateway.http1.requests import RequestHead, read_head, split_head
from gateway.listen import wire
from gateway.listen.turn import Turn

logger = logging.getLogger(__name__)

HEAD_S: Final = 15.0  # for a request's head to arrive, from its first byte on
IDLE_S: Final = 75.0  # between requests
LINGER_S: Final = 5.0  # for what a client still sends of a request that was answered already
TAKING_S: Final = 30.0  # in which a client takes at least so much of what it was sent:
LEAST_TAKEN_BYTES: Final = 65_536
MOST_LINGERING_BYTES: Final = 4_194_304
MOST_WAITING_BYTES: Final = 65_536  # of requests that come before their turn
MOST_UNSENT_BYTES: Final = 131_072  # beyond, a stream waits for its client

Application = Callable[[Turn], Awaitable[None]]


class Connections(Protocol):
    """Those that are open, and whether they are to go on after their present request."""

    @property
    def is_closing(self) -> bool: ...

    def add(self, connection: "ClientConnection") -> bool:
        """Count it in; False where there are too many."""

    def drop(self, connection: "ClientConnection") -> None: ...


class ClientConnection(asyncio.Protocol):
    """Reads requests, hands them to the application, and stays until one side has enough."""

    def __init__(self, application: Application, connections: Connections) -> None:
        self._application = application
        self._connections = connections
        self._loop = asyncio.get_running_loop()  # asking for it costs a system call
        self._transport: asyncio.Transport | None = None
        self._raw = b""
        self._head: RequestHead | None = None  # the last one that could be read
        self._turn: Turn | None = None
        self.task: asyncio.Task[None] | None = None  # that answers its requests
        self._is_due = False  # that `_turn` is answered
        self._wanted: asyncio.Future[None] | None = None  # a request, by a task that has none
        self._drained: asyncio.Future[None] | None = None
        self._is_paused = False
        self._lingering_bytes = 0
        self._deadline = 0.0
        self._is_ending = False
        self._waits_for_client = False  # to take its answer, before its next request is read
        self._unsent_bytes = 0  # when the deadline was set
        self.is_full = False  # of what the client has not taken yet
        self.is_lost = False

    def keeps_going(self) -> bool:
        """Tell whether further requests are taken."""
        return not self._connections.is_closing

    def look(self, *, now: float) -> None:
        """Close where the client takes too long; `now` is monotonic."""
        is_ours_to_wait = self._turn is not None and not self._turn.is_over
        if now < self._deadline or (is_ours_to_wait and not self._is_ending):
            return
        if self._is_taking():
            self._give(TAKING_S, now=now)
        elif self._is_ending or self._waits_for_client:
            self.abort()
        else:
            self.close()

    def close_if_idle(self) -> None:
        if self._turn is None:
            self.close()

    def close(self) -> None:
        """End it as soon as the client has taken what was sent, which it has a moment for."""
        self._is_ending = True
        self._give(TAKING_S if self._unsent() else LINGER_S, now=time.monotonic())
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End it so that the client can't take what it got for complete."""
        if self._transport is not None:
            self._transport.abort()

    # What a turn needs.

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self.is_lost:
            self._transport.write(data)

    async def drained(self) -> None:
        if self.is_full and not self.is_lost:
            self._drained = self.future()
            await self._drained

    def future(self) -> "asyncio.Future[None]":
        return self._loop.create_future()

    def pause(self) -> None:
        if not self._is_paused and self._transport is not None and not self.is_lost:
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._is_paused and self._transport is not None and not self.is_lost:
            self._is_paused = False
            self._transport.resume_reading()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)
        self._deadline = time.monotonic() + HEAD_S
        self.task = self._loop.create_task(self._answer_each())
        if not self._connections.add(self):
            self.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._take(data)
        except Garbled as error:
            self._refuse(str(error))

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_lost = True
        self._waits_for_client = False
        self._connections.drop(self)
        if self._turn is not None:
            self._turn.wake()
        self._wake()
        self.resume_writing()

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._waits_for_client and self._turn is not None:
            self._waits_for_client = False
            self._go_on(self._turn)

    # One request after the other.

    def _take(self, data: bytes) -> None:
        turn = self._turn
        if turn is None:
            self._begin(self._raw + data if self._raw else data)
        elif turn.is_over:
            self._pass_over(turn, data)
        else:
            turn.take(data)
            if len(turn.body.rest) > MOST_WAITING_BYTES:
                self.pause()

    def _begin(self, raw: bytes) -> None:
        """Start the next request as soon as its head is there."""
        if not self._raw:
            self._deadline = time.monotonic() + HEAD_S
        parts = split_head(raw)
        if parts is None:
            self._raw = raw
            return
        self._raw = b""
        turn = Turn(self, read_head(parts[0]))
        self._head = turn.head
        if parts[1]:
            turn.take(parts[1])
        self._turn = turn
        self._is_due = True
        self._wake()

    def _wake(self) -> None:
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)

    async def _answer_each(self) -> None:
        """Answer what comes; a task for each request would cost more than the wait for one."""
        try:
            while self._is_due or not self.is_lost:
                if not self._is_due:
                    self._wanted = self.future()
                    await self._wanted
                elif self._turn is not None:
                    self._is_due = False
                    await self._answer(self._turn)
        finally:
            self.abort()  # for nobody would answer on it any more

    async def _answer(self, turn: Turn) -> None:
        try:
            await self._application(turn)
        except Exception:
            logger.exception("a request was not answered")
            self.abort()
            return
        if turn.is_answered:
            turn.finish()
            self._go_on(turn)
        elif turn.is_garbled:
            self._tell("its body is not what its head says")
            self.close()
        else:
            self.abort()

    def _go_on(self, turn: Turn) -> None:
        """Turn to the next request, once what is left of this one has come."""
        if turn.must_close and turn.body.is_complete:
            self.close()
        elif not turn.body.is_complete:
            self._give(LINGER_S, now=time.monotonic())
            self.resume()
        elif self.is_full and not self.is_lost:
            # Whoever goes on asking and never reads must not fill the memory with answers.
            self._waits_for_client = True
            self._give(TAKING_S, now=time.monotonic())
            self.pause()
        else:
            self._turn = None
            self._give(IDLE_S, now=time.monotonic())
            self._lingering_bytes = 0
            self.resume()
            if turn.body.rest:
                self.data_received(turn.body.rest)

    def _give(self, seconds: float, *, now: float) -> None:
        """Set the client a deadline."""
        self._deadline = now + seconds
        self._unsent_bytes = self._unsent()

    def _unsent(self) -> int:
        if not self.is_full and not self._is_ending:
            return 0  # so little that it is not worth asking for
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def _is_taking(self) -> bool:
        """Whether the client has taken enough of what it was sent since it got its deadline."""
        unsent = self._unsent()
        return 0 < unsent <= self._unsent_bytes - LEAST_TAKEN_BYTES

    def _pass_over(self, turn: Turn, data: bytes) -> None:
        self._lingering_bytes += len(data)
        if self._lingering_bytes > MOST_LINGERING_BYTES:
            self.close()
            return
        turn.take(data)
        if turn.body.is_complete:
            self._go_on(turn)

    def _refuse(self, why: str) -> None:
        """Answer what is no request, and close; where an answer is under way, only close."""
        turn = self._turn
        if turn is None:
            self._tell(why)
            self.close()
            return
        turn.is_garbled = turn.must_close = True
        turn.wake()
        if turn.is_over:
            self.close()

    def _tell(self, why: str) -> None:
        """Word it for the client of the last head that could be read."""
        head = self._head
        form = form_for(head.path, head.headers) if head else openai.FORM
        self.write(wire.refusal(why, form, now=time.time()))
