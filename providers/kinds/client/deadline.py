"""Connections that go to a checked address and keep one deadline for the whole call.

A socket's timeout counts from its last byte, so a server that trickles can hold a caller for
ever. Here each wait gets what is left of the call's time, from connecting to the body's end.
"""

import io
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPResponse
from threading import Thread
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from foundation import egress


class Deadline:
    """A moment by which a call must be over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._started = time.monotonic()

    @property
    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self._started) * 1000)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._started + self.seconds

    def remaining_s(self) -> float:
        """Return the seconds left; `TimeoutError` when there are none."""
        left = self._started + self.seconds - time.monotonic()
        if left <= 0:
            raise TimeoutError("the call's time is over")
        return left


class Patience(Deadline):
    """A moment that moves on with every sign of life: how long a stream may be silent."""

    def renew(self) -> None:
        self._started = time.monotonic()


@dataclass(frozen=True, slots=True)
class Route:
    """The checked addresses to connect to, best first, and until when."""

    addresses: tuple[str, ...]
    deadline: Deadline


def within(deadline: Deadline, resolver: egress.Resolver) -> egress.Resolver:
    """Give a resolver the call's deadline: the system's own may take half a minute to give up."""

    def resolve(host: str, port: int) -> Sequence[str]:
        answers: list[Sequence[str] | OSError | UnicodeError] = []
        look_up = Thread(target=_look_up, args=(resolver, host, port, answers.append), daemon=True)
        look_up.start()
        look_up.join(deadline.remaining_s())
        answer = answers[0] if answers else TimeoutError("the name server did not answer in time")
        if isinstance(answer, Exception):
            raise answer
        return answer

    return resolve


def _look_up(
    resolver: egress.Resolver,
    host: str,
    port: int,
    answer: Callable[[Sequence[str] | OSError | UnicodeError], None],
) -> None:
    try:
        answer(resolver(host, port))
    except (OSError, UnicodeError) as error:
        answer(error)


class PinnedConnection(HTTPConnection):
    """Speaks to the host by its name, over a socket to the address that was checked."""

    def __init__(self, *args: Any, route: Route, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._route = route
        # http.client calls this to make its response; it need not be a class.
        self.response_class = cast("type[HTTPResponse]", partial(_timed_response, route.deadline))

    def _new_conn(self) -> socket.socket:
        try:
            return self._connected()
        except ConnectionResetError as error:
            # urllib3 passes over a reset, for an answer may have come before it: none has here.
            raise NewConnectionError(self, "reset") from error

    def _connected(self) -> socket.socket:
        *others, last = self._route.addresses
        for waiting, address in zip(range(len(others), 0, -1), others, strict=True):
            try:
                return self._connect(address, patience=1 / (waiting + 1))
            except OSError:
                continue
        return self._connect(last, patience=1)

    def _connect(self, address: str, *, patience: float) -> socket.socket:
        timeout = self._route.deadline.remaining_s() * patience
        connection = socket.create_connection((address, self.port), timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(self._route.deadline.remaining_s())
        return connection

    def send(self, data: Any) -> None:
        """Send bytes against the deadline, not with a fresh timeout for each piece."""
        if self.sock is None:
            self.connect()
        unsent = memoryview(data)
        while unsent:
            self.sock.settimeout(self._route.deadline.remaining_s())
            unsent = unsent[self.sock.send(unsent) :]


class PinnedTLSConnection(PinnedConnection, HTTPSConnection):
    """As above; server name and certificate are those of the host's name."""


class PinnedPool(HTTPConnectionPool):
    ConnectionCls = PinnedConnection


class PinnedTLSPool(HTTPSConnectionPool):
    ConnectionCls = PinnedTLSConnection


class _TimedReader(io.RawIOBase):
    """Reads a socket, and waits no longer than the call has left."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connection.settimeout(self._deadline.remaining_s())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """What an HTTPResponse needs of a socket: a file to read from."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        raw = self._connection.makefile("rb", buffering=0)
        return io.BufferedReader(_TimedReader(raw, self._connection, self._deadline))


def _timed_response(
    deadline: Deadline, connection: socket.socket, *args: Any, **kwargs: Any
) -> HTTPResponse:
    timed = cast("socket.socket", _TimedSocket(connection, deadline))
    return HTTPResponse(timed, *args, **kwargs)
