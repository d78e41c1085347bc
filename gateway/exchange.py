"""One HTTP request and the way to answer it, in the gateway's own words."""

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.listen.turn import Closed, Turn
from gateway.refusals import TooLarge, TooSlow
from gateway.watch import ClientLeft, TooLong, Watched

Headers = Iterable[tuple[str, str]]

JSON: Final = ("content-type", "application/json")
EVENTS: Final = ("content-type", "text/event-stream; charset=utf-8")


class Stream:
    """An answer that is sent in pieces; sending raises ClientLeft, or what ended the wait."""

    def __init__(self, turn: Turn, watched: Watched, *, longest_s: float) -> None:
        self._turn = turn
        self._watched = watched
        self._longest_s = longest_s

    async def send(self, piece: bytes) -> None:
        """Send a piece, and wait until the client has taken enough of those before."""
        try:
            self._turn.send(piece)
            if self._turn.is_full:
                with self._watched.at_most(self._longest_s):
                    await self._turn.drained()
        except (Closed, TooLong) as error:
            self._turn.break_off(b"")
            raise ClientLeft from error

    def break_off(self, event: bytes) -> None:
        """End it at once behind this event, without waiting for the client to take it."""
        self._turn.break_off(event)


class Exchange:
    """A request to be answered exactly once, by `answer` or `stream`."""

    def __init__(self, turn: Turn, request_id: str) -> None:
        self.method = turn.head.method
        self.path = turn.head.path
        self.query = turn.head.query_string
        self.headers: Mapping[str, str] = turn.head.headers  # names in lower case
        self.request_id = request_id
        self.is_answered = False
        self._turn = turn
        self._stream: Stream | None = None

    def has_left(self) -> bool:
        """Whether the client is gone."""
        return self._turn.is_lost

    def body_at_hand(self, most_bytes: int) -> bytes:
        """Return the request's body where all of it has come, else nothing; raises TooLarge."""
        length = self._turn.head.length
        if length is None:
            return b""
        if length > most_bytes:
            raise _too_large(most_bytes)
        return self._turn.taken() if self._turn.body.is_complete else b""

    async def body(self, watched: Watched, *, most_bytes: int, longest_s: float) -> bytes:
        """Read the request's body; raises TooLarge, TooSlow, or what ended the wait."""
        try:
            with watched.at_most(longest_s):
                if self._turn.head.length is not None:
                    return self.body_at_hand(most_bytes) or await self._turn.whole()
                return await self._unmeasured(most_bytes)
        except TooLong:
            raise TooSlow("The request's body did not arrive in time. Send it again.") from None
        except Closed as error:
            raise ClientLeft from error

    def answer(self, status: int, body: bytes, headers: Headers = (JSON,)) -> None:
        """Send a complete answer; a client that has left is not told."""
        self.is_answered = True
        self._turn.answer(status, [*headers, self._id_header()], body)

    def stream(
        self, status: int, headers: Headers, watched: Watched, *, longest_s: float
    ) -> Stream:
        """Begin an answer in pieces; a client that takes none for `longest_s` counts as gone."""
        self.is_answered = True
        self._turn.stream(status, [*headers, self._id_header()])
        self._stream = Stream(self._turn, watched, longest_s=longest_s)
        return self._stream

    def break_off(self, event: bytes) -> None:
        """End a stream that had begun with an event that tells why, and never as if complete."""
        if self._stream is not None:
            self._stream.break_off(event)

    def _id_header(self) -> tuple[str, str]:
        return ("x-axiom-request-id", self.request_id)

    async def _unmeasured(self, most_bytes: int) -> bytes:
        pieces = bytearray()
        async for piece in self._turn:
            pieces += piece
            if len(pieces) > most_bytes:
                raise _too_large(most_bytes)
        return bytes(pieces)


def _too_large(most_bytes: int) -> TooLarge:
    return TooLarge(f"The request is larger than {most_bytes // 1_048_576} MB. Send less at once.")
