"""As much of HTTP/1.1 as a load generator and its upstream need: one message, read as it comes."""

from typing import Final

_HEAD_END: Final = b"\r\n\r\n"


class Garbled(ValueError):
    """The bytes on the wire are not the HTTP message they claim to be."""


class MessageReader:
    """Reads one request or answer; `body` grows while pieces arrive, `is_complete` ends it.

    A request without a length has no body; an answer without one lasts until the connection
    closes (`close`).
    """

    __slots__ = ("_is_answer", "_is_chunked", "_left", "_raw", "body", "is_complete", "start_line")

    def __init__(self, *, is_answer: bool) -> None:
        self.start_line = ""
        self.body = bytearray()
        self.is_complete = False
        self._is_answer = is_answer
        self._is_chunked = False
        self._left: int | None = None
        self._raw = bytearray()

    @property
    def status(self) -> int:
        """The status of an answer; 0 while its head has not arrived."""
        return int(self.start_line.split(" ", 2)[1]) if self.start_line else 0

    def feed(self, piece: bytes) -> None:
        """Take the next bytes; raises `Garbled` when they don't fit."""
        if self.is_complete:
            raise Garbled("bytes after the end of the message")
        self._raw += piece
        if not self.start_line and not self._read_head():
            return
        if self._is_chunked:
            self._read_chunks()
        else:
            self._read_plain()

    def close(self) -> None:
        """End an answer that has no length; any other message is cut and raises `Garbled`."""
        if self.is_complete:
            return
        if not (self.start_line and self._is_answer and self._is_unframed):
            raise Garbled("connection closed in the middle of a message")
        self.is_complete = True

    @property
    def _is_unframed(self) -> bool:
        return not self._is_chunked and self._left is None

    def _read_head(self) -> bool:
        end = self._raw.find(_HEAD_END)
        if end < 0:
            return False
        start_line, *lines = bytes(self._raw[:end]).decode("latin-1").split("\r\n")
        del self._raw[: end + len(_HEAD_END)]
        self._check_start(start_line)
        self.start_line = start_line
        for line in lines:
            name, _, value = line.partition(":")
            self._read_framing(name.strip().lower(), value.strip())
        if self._is_unframed and not self._is_answer:
            self._left = 0
        return True

    def _check_start(self, start_line: str) -> None:
        if not self._is_answer:
            return
        version, _, rest = start_line.partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
            raise Garbled(f"not an HTTP answer: {start_line[:80]!r}")

    def _read_framing(self, name: str, value: str) -> None:
        if name == "transfer-encoding" and value.lower() == "chunked":
            self._is_chunked = True
        elif name == "content-length":
            self._left = int(value)

    def _read_plain(self) -> None:
        self.body += self._raw
        if self._left is not None:
            self._left -= len(self._raw)
            if self._left < 0:
                raise Garbled("more bytes than the message announced")
            self.is_complete = self._left == 0
        self._raw.clear()

    def _read_chunks(self) -> None:
        while (line_end := self._raw.find(b"\r\n")) >= 0:
            size = self._chunk_size(line_end)
            end = line_end + 2 + size
            if len(self._raw) < end + 2:
                return
            if self._raw[end : end + 2] != b"\r\n":
                raise Garbled("a chunk is longer than it announced")
            self.body += self._raw[line_end + 2 : end]
            del self._raw[: end + 2]
            if size == 0:
                self._end_chunks()
                return

    def _chunk_size(self, line_end: int) -> int:
        try:
            return int(self._raw[:line_end].split(b";", 1)[0], 16)
        except ValueError as error:
            raise Garbled(f"not a chunk size: {bytes(self._raw[:line_end])[:40]!r}") from error

    def _end_chunks(self) -> None:
        if self._raw:
            raise Garbled("bytes after the last chunk")
        self.is_complete = True
