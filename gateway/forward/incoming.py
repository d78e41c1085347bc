"""A provider's answer while it comes in."""

from foundation.egress import Destination
from gateway.forward import failures
from gateway.forward.connection import Connection
from gateway.forward.failures import Cut
from gateway.forward.pool import Lane
from gateway.http1.framing import Garbled
from gateway.watch import TooLong, Watched


class Incoming:
    """Status and headers are there, the body comes piece by piece.

    `end` it in every case: after the last piece the connection goes back to the pool, before that
    it is closed, so that the provider stops at once. Reading raises AttemptFailed, or what ended
    the wait (ClientLeft, Stopping).
    """

    __slots__ = ("_longest_wait_s", "_watched", "connection", "headers", "lane", "status")

    def __init__(
        self,
        connection: Connection,
        lane: Lane,
        watched: Watched,
        *,
        longest_wait_s: float,
    ) -> None:
        self.lane = lane
        self.status = connection.answer.status
        self.headers = connection.answer.headers
        self.connection = connection
        self._watched = watched
        self._longest_wait_s = longest_wait_s

    @property
    def destination(self) -> Destination:
        return self.lane.destination

    def header(self, name: str) -> str:
        """Return a header by its name in lower case, empty where there is none."""
        return self.headers.get(name, "")

    async def piece(self) -> bytes:
        """Return what came since, empty at the end."""
        if self.connection.has_piece():
            return self.connection.taken()
        try:
            with self._watched.at_most(self._longest_wait_s):
                return await self.connection.piece()
        except TooLong:
            longest_s = self._watched.allowed_s(self._longest_wait_s)
            raise failures.timed_out(self.destination, longest_s) from None
        except Cut:
            raise failures.cut(self.destination) from None
        except Garbled as error:
            raise failures.garbled(self.destination, str(error)) from error

    async def whole(self, *, most_bytes: int) -> bytes:
        """Return the body read to its end; beyond `most_bytes` it counts as failed."""
        pieces = []
        size = 0
        while not self.connection.is_taken():
            piece = self.connection.taken() or await self.piece()
            size += len(piece)
            if size > most_bytes:
                raise failures.too_large(self.destination, most_bytes)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def beginning(self, *, most_bytes: int) -> bytes:
        """Return as much of the body as comes, up to `most_bytes`; a cut does not hide it."""
        body = b""
        try:
            while len(body) < most_bytes and (piece := await self.piece()):
                body += piece
        except failures.AttemptFailed:
            return body
        return body[:most_bytes]
