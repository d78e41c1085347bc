"""Split AWS's event-stream encoding into its frames, chunk by chunk as it arrives.

A frame is a prelude (its length, its headers' length, a checksum of both), headers, a payload and
a checksum of everything before. Lengths are believed only when their checksum fits.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast
from zlib import crc32

from providers.kinds.dialects.sse import MOST_EVENT_BYTES, EventTooLarge

MEDIA_TYPE: Final = "application/vnd.amazon.eventstream"

_PRELUDE: Final = struct.Struct("!II")
_CHECKSUM: Final = struct.Struct("!I")
_SHORT: Final = struct.Struct("!H")
_PRELUDE_BYTES: Final = _PRELUDE.size + _CHECKSUM.size
_SHORTEST_FRAME: Final = _PRELUDE_BYTES + _CHECKSUM.size
_STRING: Final = 7
_BYTES: Final = 6
_SIZES: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # of a header's value, by type

Message = Literal["event", "exception", "error"]


class FrameCorrupt(ValueError):
    """The bytes are no event stream, or were changed or cut on the way."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: an event by its type, or a failure by its exception's name."""

    message: Message
    name: str
    payload: bytes = field(repr=False)

    @property
    def is_failure(self) -> bool:
        return self.message != "event"

    @property
    def event(self) -> bytes:
        """Return the JSON that the documentation writes: the payload under the event's name."""
        return b'{"%s":%s}' % (self.name.encode(), self.payload or b"{}")


class FrameSplitter:
    """Bytes in, frames out; keeps at most one frame that is not complete yet."""

    __slots__ = ("_limit", "_waiting")

    def __init__(self, *, most_frame_bytes: int = MOST_EVENT_BYTES) -> None:
        self._limit = most_frame_bytes
        self._waiting = bytearray()

    def feed(self, chunk: bytes) -> list[Frame]:
        """Return the frames that this chunk completes; raises FrameCorrupt or EventTooLarge."""
        self._waiting += chunk
        return list(self._frames())

    def close(self) -> None:
        """Take the end of the stream; raises FrameCorrupt where a frame is not complete."""
        if self._waiting:
            raise FrameCorrupt("The event stream ended within a frame.")

    def _frames(self) -> Iterator[Frame]:
        start = 0
        while (length := self._next_length(start)) and start + length <= len(self._waiting):
            yield _frame(bytes(self._waiting[start : start + length]))
            start += length
        del self._waiting[:start]

    def _next_length(self, start: int) -> int:
        """Return the next frame's length once its prelude is here, else nothing."""
        if len(self._waiting) - start < _PRELUDE_BYTES:
            return 0
        length, headers_length = _PRELUDE.unpack_from(self._waiting, start)
        prelude = bytes(self._waiting[start : start + _PRELUDE.size])
        _check(prelude, _CHECKSUM.unpack_from(self._waiting, start + _PRELUDE.size)[0])
        if length > self._limit:
            raise EventTooLarge(f"One frame of the stream has more than {self._limit} bytes.")
        if length < _SHORTEST_FRAME + headers_length:
            raise FrameCorrupt("A frame of the event stream has impossible lengths.")
        return int(length)


def _frame(raw: bytes) -> Frame:
    _check(raw[: -_CHECKSUM.size], _CHECKSUM.unpack(raw[-_CHECKSUM.size :])[0])
    headers_length = _PRELUDE.unpack_from(raw)[1]
    payload_at = _PRELUDE_BYTES + headers_length
    headers = dict(_headers(raw[_PRELUDE_BYTES:payload_at]))
    return _named(headers, raw[payload_at : -_CHECKSUM.size])


def _named(headers: Mapping[str, str], payload: bytes) -> Frame:
    message = headers.get(":message-type", "event")
    if message not in {"event", "exception", "error"}:
        raise FrameCorrupt("A frame of the event stream is of no known kind.")
    names = {"event": ":event-type", "exception": ":exception-type", "error": ":error-code"}
    return Frame(cast("Message", message), headers.get(names[message], ""), payload)


def _headers(raw: bytes) -> Iterator[tuple[str, str]]:
    """Read the headers that are text; the others are passed over."""
    at = 0
    try:
        while at < len(raw):
            name_end = at + 1 + raw[at]
            name, value_type = raw[at + 1 : name_end], raw[name_end]
            at = name_end + 1
            size = _SIZES.get(value_type, 0)
            if value_type in {_BYTES, _STRING}:
                size = _SHORT.unpack_from(raw, at)[0]
                at += _SHORT.size
            elif value_type not in _SIZES:
                raise FrameCorrupt("A header of the event stream has no known type.")
            if value_type == _STRING:
                yield name.decode(), raw[at : at + size].decode()
            at += size
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise FrameCorrupt("The headers of a frame of the event stream can't be read.") from error
    if at != len(raw):
        raise FrameCorrupt("The headers of a frame of the event stream are cut off.")


def _check(raw: bytes, checksum: int) -> None:
    if crc32(raw) != checksum:
        raise FrameCorrupt("A checksum of the event stream does not fit: it was changed or cut.")
