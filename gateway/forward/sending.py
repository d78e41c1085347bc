"""Send a request to a provider over a pooled connection, and see its answer begin."""

import time
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from gateway.bounds import Bounds
from gateway.forward import failures
from gateway.forward.connection import Connection
from gateway.forward.destinations import Access, Destinations
from gateway.forward.failures import AttemptFailed, Cut
from gateway.forward.incoming import Incoming
from gateway.forward.pool import Lane, Pool
from gateway.http1.framing import Garbled
from gateway.watch import TooLong, Watched
from providers.kinds.vocabulary import ErrorClass, Request

_OWN_HEADERS = {"accept-encoding": "identity"}  # what is relayed is read on the way


class Sender:
    """The gateway's way out: the only one, to checked addresses, following no redirect."""

    def __init__(self, destinations: Destinations, pool: Pool, bounds: Bounds) -> None:
        self._destinations = destinations
        self._pool = pool
        self._bounds = bounds

    async def send(
        self, request: Request, access: Access, *, passed: Mapping[str, str], watched: Watched
    ) -> Incoming:
        """Send a request, with the client's headers in `passed`, and wait for the answer's head.

        Raises AttemptFailed, or what ended the wait (ClientLeft, Stopping).
        """
        origin, path = _split(request.url)
        lane = self._destinations.known(origin, access)
        if lane is None:
            lane = await self._destinations.of(origin, access)
        message = _head(request, path, lane.host, passed), request.body or b""
        idle = lane.idle()
        if idle is not None:
            try:
                return await self._exchange(idle, lane, message, watched)
            except Cut as cut:  # unless it had begun, the server had given it up just before
                if cut.had_begun:
                    raise failures.cut(lane.destination) from None
        connection = await self._connect(lane, watched)
        try:
            return await self._exchange(connection, lane, message, watched)
        except Cut:
            raise failures.cut(lane.destination) from None

    def end(self, incoming: Incoming) -> None:
        """Give the connection back, or close it where the answer was not read to its end."""
        incoming.lane.give_back(incoming.connection, now=time.monotonic())

    def prune(self) -> None:
        self._pool.prune(now=time.monotonic())

    def close(self) -> None:
        self._pool.close()
        self._destinations.close()

    async def _connect(self, lane: Lane, watched: Watched) -> Connection:
        try:
            with watched.at_most(self._bounds.connect_s):
                return await self._pool.connect(lane.destination)
        except TooLong:
            raise failures.timed_out(lane.destination, self._bounds.connect_s) from None

    async def _exchange(
        self, connection: Connection, lane: Lane, message: tuple[bytes, bytes], watched: Watched
    ) -> Incoming:
        """Send, and wait for the head; whatever goes wrong closes the connection."""
        has_answered = False
        try:
            connection.send(*message)
            with watched.at_most(self._bounds.first_byte_s):
                while not connection.answer.has_head:
                    await connection.something()
            has_answered = True
        except TooLong:
            longest_s = watched.allowed_s(self._bounds.first_byte_s)
            raise failures.timed_out(lane.destination, longest_s) from None
        except Garbled as error:
            raise failures.garbled(lane.destination, str(error)) from error
        finally:
            if not has_answered:
                connection.close()
        return Incoming(connection, lane, watched, longest_wait_s=self._bounds.between_chunks_s)


def _head(request: Request, path: str, host: str, passed: Mapping[str, str]) -> bytes:
    """Write a request's head; the provider's own headers win over the client's."""
    fields = {**passed, **_OWN_HEADERS, **request.headers}
    lines = "\r\n".join(map(": ".join, fields.items()))
    if not _are_sendable(fields.values(), lines):
        raise _unsendable(fields)
    start = f"{request.method} {path} HTTP/1.1\r\nhost: {host}\r\n"
    length = len(request.body or b"")
    return f"{start}{lines}\r\ncontent-length: {length}\r\n\r\n".encode("latin-1")


def _are_sendable(values: Iterable[str], lines: str) -> bool:
    return all(map(str.isprintable, values)) and (lines.isascii() or max(lines) <= "\xff")


def _unsendable(fields: Mapping[str, str]) -> AttemptFailed:
    wrong = (name for name, value in fields.items() if not _are_sendable([value], value))
    name = next(wrong, "a header")
    message = f"The value for {name} has characters that a header can't carry. Enter it again."
    return AttemptFailed(ErrorClass.BAD_REQUEST, message)


def _split(url: str) -> tuple[str, str]:
    """Split a URL into its origin, and its path as it may be sent."""
    start = url.find("/", url.find("://") + 3)
    if start < 0:
        return url, "/"
    path = url[start:]
    return url[:start], path if path.isascii() else quote(path, safe="/?%=&:@!$'()*+,;~-._")
