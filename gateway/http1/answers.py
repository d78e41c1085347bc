"""Read the answers of providers' servers."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from gateway.http1.framing import (
    LONGEST_KEPT,
    MOST_HEAD_BYTES,
    NO_HEAD,
    BodyReader,
    Garbled,
    keeps_connection,
    length_of,
    start_and_fields,
)

_START: Final = re.compile(r"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\r\n\0]*)?")
_WITHOUT_BODY: Final = frozenset({204, 304})
_FIRST_FINAL_STATUS: Final = 200
_SWITCHING_PROTOCOLS: Final = 101


class AnswerReader:
    """One answer. Feed it until `is_complete`; `has_head` says when status and headers are there.

    Header names are in lower case.
    """

    __slots__ = ("_body", "_keeps", "_raw", "has_head", "headers", "is_complete", "status")

    def __init__(self) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._raw = b""
        self._body: BodyReader | None = None
        self._keeps = False
        self.has_head = False
        self.is_complete = False

    @property
    def has_begun(self) -> bool:
        """Whether a single byte has come."""
        return self._body is not None or bool(self._raw)

    @property
    def is_reusable(self) -> bool:
        """Whether the server keeps the connection, and has sent no more than was asked for."""
        body = self._body
        return self.is_complete and self._keeps and body is not None and not body.rest

    @property
    def ends_with_connection(self) -> bool:
        """Whether only the connection's end ends the answer: a cut can't be told from an end."""
        return self._body is not None and self._body.ends_with_connection

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes and return those of the body among them; raises Garbled."""
        body = self._body
        if body is None:
            data = self._head(self._raw + data if self._raw else data)
            body = self._body
            if body is None:
                return b""
        if data:
            data = body.feed(data)
        self.is_complete = body.is_complete
        return data

    def end(self) -> None:
        """Take the connection's end; raises Garbled where the answer is not complete."""
        if self._body is None:
            raise Garbled("the connection ended before it began")
        self._body.end()
        self.is_complete = True

    def _head(self, raw: bytes) -> bytes:
        """Read heads up to the final one; return what follows it."""
        while self._body is None:
            end = raw.find(b"\r\n\r\n")
            if end < 0:
                if len(raw) > MOST_HEAD_BYTES:
                    raise Garbled("its head is too long")
                self._raw = raw
                return b""
            self._read_head(raw[:end].decode("latin-1"))
            raw = raw[end + 4 :]
        self._raw = b""
        return raw

    def _read_head(self, head: str) -> None:
        start, fields = start_and_fields(head)
        minor, status = (_kept_start if len(start) <= LONGEST_KEPT else _read_start)(start)
        if status == _SWITCHING_PROTOCOLS:
            raise Garbled("it switches to another protocol")
        if status < _FIRST_FINAL_STATUS:
            return
        coding, length = fields.get("transfer-encoding"), fields.get("content-length")
        self.status, self.headers = status, fields
        self._body = self._framed(coding, length, minor)
        self.has_head = True
        # Where it is not beyond doubt where the answer ends, nothing follows it.
        is_plain = (coding is None) != (length is None) or status in _WITHOUT_BODY
        self._keeps = is_plain and keeps_connection(fields, minor=minor)

    def _framed(self, coding: str | None, length: str | None, minor: int) -> BodyReader:
        if self.status in _WITHOUT_BODY:
            return BodyReader(0)
        if coding is None:
            return BodyReader(None if length is None else length_of(length))
        if coding.lower() != "chunked" or not minor:
            raise Garbled("its transfer coding is not one that was asked for")
        return BodyReader(None, is_chunked=True)


def _read_start(line: str) -> tuple[int, int]:
    """Read a status line: the minor version, and the status."""
    match = _START.fullmatch(line)
    if not match:
        raise Garbled(NO_HEAD)
    return int(match.group(1)), int(match.group(2))


_kept_start: Final = lru_cache(maxsize=256)(_read_start)  # the same few come again and again
