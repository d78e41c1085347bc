"""One HTTP request and the way to answer it: RSGI's protocol in the gateway's own words."""

from collections.abc import Collection, Iterable
from typing import Final, Protocol

from gateway.refusals import TooLarge, TooSlow
from gateway.watch import ClientLeft, Departure, TooLong, Watched

Headers = Iterable[tuple[str, str]]

JSON: Final = ("content-type", "application/json")
EVENTS: Final = ("content-type", "text/event-stream; charset=utf-8")

_DIGITS: Final = 15


class RequestHeaders(Protocol):
    """The client's headers; names in lower case."""

    def get(self, key: str, /) -> str | None: ...

    def items(self) -> Collection[tuple[str, str]]: ...


class Scope(Protocol):
    """What RSGI tells of a request."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def query_string(self) -> str: ...

    @property
    def headers(self) -> RequestHeaders: ...


class StreamTransport(Protocol):
    async def send_bytes(self, data: bytes) -> None: ...

    def break_off(self, last: bytes) -> None:
        """Not RSGI's: end the answer, behind a last piece, as one that is not complete."""


class HTTPProtocol(Protocol):
    """What RSGI lets one do with a request."""

    async def __call__(self) -> bytes: ...

    def __aiter__(self) -> "HTTPProtocol": ...

    async def __anext__(self) -> bytes: ...

    def client_disconnect(self) -> Departure: ...

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None: ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> StreamTransport: ...


class Stream:
    """An answer that is sent in pieces; sending raises ClientLeft, or what ended the wait."""

    def __init__(self, transport: StreamTransport, watched: Watched, *, longest_s: float) -> None:
        self._transport = transport
        self._watched = watched
        self._longest_s = longest_s

    async def send(self, piece: bytes) -> None:
        """Send a piece as soon as the client has taken enough of those before."""
        try:
            with self._watched.at_most(self._longest_s):
                await self._transport.send_bytes(piece)
        except (RuntimeError, TooLong) as error:
            self._transport.break_off(b"")
            raise ClientLeft from error

    def break_off(self, event: bytes) -> None:
        """End it at once behind this event, without waiting for the client to take it."""
        self._transport.break_off(event)


class Exchange:
    """A request to be answered exactly once, by `answer` or `stream`."""

    def __init__(self, scope: Scope, protocol: HTTPProtocol, request_id: str) -> None:
        self.method = scope.method
        self.path = scope.path
        self.query = scope.query_string
        self.request_id = request_id
        self.headers = scope.headers
        self.is_answered = False
        self._protocol = protocol
        self._stream: Stream | None = None

    def leaves(self) -> Departure:
        """Start listening for the client's departure."""
        return self._protocol.client_disconnect()

    async def body(self, watched: Watched, *, most_bytes: int, longest_s: float) -> bytes:
        """Read the request's body; raises TooLarge, TooSlow, or what ended the wait."""
        length = self._length()
        if length is not None and length > most_bytes:
            raise _too_large(most_bytes)
        try:
            with watched.at_most(longest_s):
                if length is not None:
                    return await self._protocol()
                return await self._unmeasured(most_bytes)
        except TooLong:
            raise TooSlow("The request's body did not arrive in time. Send it again.") from None
        except RuntimeError as error:
            raise ClientLeft from error

    def answer(self, status: int, body: bytes, headers: Headers = (JSON,)) -> None:
        """Send a complete answer; a client that has left is not told."""
        self.is_answered = True
        fields = [*headers, ("x-axiom-request-id", self.request_id)]
        if self.method == "HEAD" or not body:
            self._protocol.response_empty(status, fields)
        else:
            self._protocol.response_bytes(status, fields, body)

    def stream(
        self, status: int, headers: Headers, watched: Watched, *, longest_s: float
    ) -> Stream:
        """Begin an answer in pieces; a client that takes none for `longest_s` counts as gone."""
        self.is_answered = True
        fields = [*headers, ("x-axiom-request-id", self.request_id)]
        transport = self._protocol.response_stream(status, fields)
        self._stream = Stream(transport, watched, longest_s=longest_s)
        return self._stream

    def break_off(self, event: bytes) -> None:
        """End a stream that had begun with an event that tells why, and never as if complete."""
        if self._stream is not None:
            self._stream.break_off(event)

    def _length(self) -> int | None:
        """Read Content-Length; the server has refused a wrong one already."""
        text = self.headers.get("content-length") or ""
        return int(text) if text.isdecimal() and len(text) <= _DIGITS else None

    async def _unmeasured(self, most_bytes: int) -> bytes:
        pieces = bytearray()
        async for piece in self._protocol:
            pieces += piece
            if len(pieces) > most_bytes:
                raise _too_large(most_bytes)
        return bytes(pieces)


def _too_large(most_bytes: int) -> TooLarge:
    return TooLarge(f"The request is larger than {most_bytes // 1_048_576} MB. Send less at once.")
