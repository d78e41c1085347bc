"""Heads and bodies of HTTP/1.1 messages: bytes in, bytes out. No sockets, no clock.

Where a message could be read in two ways it is refused, so that nobody further on reads it
differently: RFC 9112 in its strict parts, and nothing that it merely tolerates.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

MOST_HEAD_BYTES: Final = 65_536
MOST_LINE_BYTES: Final = 4_096  # of a chunk's size line, and of all trailers together
WORTH_SPARING_BYTES: Final = 65_536  # from this length on, data is spared a copy
LONGEST_KEPT: Final = 256  # characters of a first line that is remembered
NO_HEAD: Final = "its head is not one of HTTP/1.1"

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")  # never a folded line, nor a space
_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n\0]*)?")
_MOST_DIGITS: Final = 15


class Garbled(ValueError):
    """The bytes are not the HTTP message they claim to be."""


def start_and_fields(head: str) -> tuple[str, dict[str, str]]:
    """Read a head's first line and its headers; raises Garbled.

    Names are in lower case, a repeated one's values are joined with commas.
    """
    start, *lines = head.split("\r\n")
    if not len(lines) == head.count("\r") == head.count("\n") or "\0" in head:
        raise Garbled(NO_HEAD)
    fields: dict[str, str] = {}
    try:
        for line in lines:
            name, value = line.split(":", 1)
            fields[_name(name)] = value.strip(" \t")
    except ValueError:  # a line without a colon
        raise Garbled(NO_HEAD) from None
    return start, fields if len(fields) == len(lines) else _joined(lines)


def _joined(lines: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in lines:
        raw, text = line.split(":", 1)
        name, value = _name(raw), text.strip(" \t")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


@lru_cache(maxsize=1_024)
def _name(raw: str) -> str:
    """Check a header's name; the same few come again and again."""
    if not _NAME.fullmatch(raw):
        raise Garbled(NO_HEAD)
    return raw.lower()


def length_of(text: str) -> int:
    """Read a Content-Length; said twice it is refused, even where both agree."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise Garbled("its length is not a number")
    return int(text)


def keeps_connection(fields: Mapping[str, str], *, minor: int) -> bool:
    """Tell whether the sender means to use the connection for further messages."""
    options = fields.get("connection")
    if options is None:
        return minor == 1
    options = options.lower()
    return "close" not in options and (minor == 1 or "keep-alive" in options)


# What the next bytes of a body belong to; plain names, since looking up a member of an enumeration
# costs as much as reading the bytes.
_BODY, _CHUNK_SIZE, _CHUNK, _CHUNK_END, _TRAILERS, _DONE = range(6)


class BodyReader:
    """One body: of a known length, in chunks, or (with neither) until the connection ends.

    Feed it until `is_complete`; `rest` is what came behind it.
    """

    __slots__ = ("_left", "_part", "_raw", "is_complete", "rest")

    def __init__(self, length: int | None, *, is_chunked: bool = False) -> None:
        self.rest = b""
        self._raw = b""
        self._left = 0 if is_chunked else length  # bytes still to come of the body or the chunk
        self._part = _CHUNK_SIZE if is_chunked else _BODY
        self.is_complete = False
        if length == 0 and not is_chunked:
            self._finish()

    @property
    def ends_with_connection(self) -> bool:
        """Whether only the connection's end ends it: then a cut can't be told from an end."""
        return self._left is None

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes and return those of the body among them; raises Garbled."""
        if self._part == _BODY:
            return self._plain(data)
        if self._part == _DONE:
            self.rest += data
            return b""
        return self._chunks(self._raw + data if self._raw else data)

    def end(self) -> None:
        """Take the connection's end; raises Garbled where the body is not complete."""
        if self.ends_with_connection:
            self._finish()
        elif not self.is_complete:
            raise Garbled("the connection ended in the middle of it")

    def _plain(self, data: bytes) -> bytes:
        if self._left is None:
            return data
        if len(data) > self._left:
            data, self.rest = data[: self._left], data[self._left :]
        self._left -= len(data)
        if not self._left:
            self._finish()
        return data

    def _finish(self) -> None:
        self._part = _DONE
        self.is_complete = True

    def _chunks(self, raw: bytes) -> bytes:
        pieces: list[bytes] = []
        position = 0
        while not self.is_complete:
            if self._part == _CHUNK_SIZE:
                position = _whole_chunks(raw, position, pieces)
                if position == len(raw):
                    break
                moved = self._take_line(raw, position)
            elif self._part == _CHUNK:
                moved = self._take_chunk(raw, position, pieces)
            else:
                moved = self._take_line(raw, position)
            if moved == position:
                break
            position = moved
        if self.is_complete:
            self._raw, self.rest = b"", raw[position:]
        else:
            self._raw = raw[position:]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _take_chunk(self, raw: bytes, position: int, pieces: list[bytes]) -> int:
        left = self._left or 0
        piece = raw[position : position + left]
        if piece:
            pieces.append(piece)
        self._left = left - len(piece)
        if not self._left:
            self._part = _CHUNK_END
        return position + len(piece)

    def _take_line(self, raw: bytes, position: int) -> int:
        end = raw.find(b"\r\n", position)
        if end < 0:
            if len(raw) - position > MOST_LINE_BYTES:
                raise Garbled("a line between its chunks is too long")
            return position
        self._read_line(raw[position:end])
        return end + 2

    def _read_line(self, line: bytes) -> None:
        if self._part == _CHUNK_END:
            if line:
                raise Garbled("a chunk is longer than it says")
            self._part = _CHUNK_SIZE
        elif self._part == _CHUNK_SIZE:
            match = _SIZE_LINE.fullmatch(line)
            if not match:
                raise Garbled("a chunk does not say its size")
            self._left = int(match.group(1), 16)
            self._part = _CHUNK if self._left else _TRAILERS
        else:
            self._pass_trailer(line)

    def _pass_trailer(self, line: bytes) -> None:
        """Pass trailers over; `_left` counts their bytes."""
        self._left = (self._left or 0) + len(line)
        if self._left > MOST_LINE_BYTES:
            raise Garbled("its trailers are too long")
        if not line:
            self._left = 0
            self._finish()


def _whole_chunks(raw: bytes, position: int, pieces: list[bytes]) -> int:
    """Take the chunks that are there from size to end, as most are; return where they end.

    What is not, the last one, and whatever is wrong are left to those who look closer.
    """
    while (line_end := raw.find(b"\r\n", position)) > 0:
        match = _SIZE_LINE.fullmatch(raw, position, line_end)
        size = int(match.group(1), 16) if match else 0
        end = line_end + 2 + size
        if not size or not raw.startswith(b"\r\n", end):
            break
        pieces.append(raw[line_end + 2 : end])
        position = end + 2
    return position
