"""Split a stream of server-sent events into their data, chunk by chunk as it arrives."""

from collections.abc import Iterator

MOST_EVENT_BYTES = 8_388_608  # an event with a whole generated image in it still fits

_BOM = b"\xef\xbb\xbf"


class EventTooLarge(ValueError):
    """One event outgrew its limit: the stream is not what it says, or is an attack."""


class EventSplitter:
    """Bytes in, data payloads out.

    Follows the WHATWG's event stream format: lines end in LF, CR or CRLF, comments and other
    fields are passed over, several `data` lines make one payload. Keeps at most one event.
    """

    __slots__ = ("_data", "_data_bytes", "_ends_in_cr", "_limit", "_line", "_started")

    def __init__(self, *, most_event_bytes: int = MOST_EVENT_BYTES) -> None:
        self._limit = most_event_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._ends_in_cr = False
        self._started = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the payloads that this chunk completes; `EventTooLarge` beyond the limit."""
        return list(self._payloads(self._lines(chunk)))

    def close(self) -> list[bytes]:
        """Return the last payload where a server left out the blank line that ends it."""
        last = [bytes(self._line), b""] if self._line else [b""]
        self._line.clear()
        return list(self._payloads(iter(last)))

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        if self._ends_in_cr and chunk:
            chunk = chunk.removeprefix(b"\n")  # the other half of a CRLF
            self._ends_in_cr = False
        self._line += chunk
        if b"\n" not in chunk and b"\r" not in chunk:
            self._check(len(self._line))
            return
        self._ends_in_cr = self._line.endswith(b"\r")
        lines = bytes(self._line).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._line = bytearray(lines.pop())
        yield from lines
        self._check(len(self._line))

    def _payloads(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        for line in lines:
            if line:
                self._keep(line)
            elif self._data:
                yield b"\n".join(self._data)
                self._data = []
                self._data_bytes = 0

    def _keep(self, line: bytes) -> None:
        if not self._started:
            line = line.removeprefix(_BOM)
            self._started = True
        name, _, value = line.partition(b":")
        if name != b"data":
            return
        self._data.append(value.removeprefix(b" "))
        self._data_bytes += len(value)
        self._check(self._data_bytes)

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise EventTooLarge(f"One event of the stream has more than {self._limit} bytes.")
