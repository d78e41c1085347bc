"""Read the requests of clients, and never two out of one."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

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

_START: Final = re.compile(r"([A-Z]{1,20}) (/[\x21-\x7e]*) HTTP/1\.([01])")


class _Start(NamedTuple):
    """A request's first line."""

    method: str
    path: str
    query: str
    minor: int


@dataclass(slots=True, eq=False)
class RequestHead:
    """What a request says of itself before its body. A query string may hold a token: no repr.

    Not frozen, as little here is that each call makes: that would double what making one costs.

    Names of `headers` are in lower case. `length` None is a body in chunks. `is_modern` is
    HTTP/1.1, so that chunks may be sent back.
    """

    method: str
    path: str
    query_string: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    length: int | None
    is_modern: bool
    keeps_connection: bool

    def body(self) -> BodyReader:
        return BodyReader(None, is_chunked=True) if self.length is None else BodyReader(self.length)


def split_head(raw: bytes) -> tuple[bytes, bytes] | None:
    """Split what has come into a whole head and what follows; None while the head is not whole.

    Raises Garbled for a head that is too long.
    """
    end = raw.find(b"\r\n\r\n")
    if end > MOST_HEAD_BYTES or (end < 0 and len(raw) > MOST_HEAD_BYTES):
        raise Garbled("its head is too long")
    return None if end < 0 else (raw[:end], raw[end + 4 :])


def read_head(raw: bytes) -> RequestHead:
    """Read a head without the empty line that ends it; raises Garbled."""
    line, fields = start_and_fields(raw.decode("latin-1").removeprefix("\r\n"))
    may_hold_token = "?" in line
    is_kept = not may_hold_token and len(line) <= LONGEST_KEPT
    method, path, query, minor = _kept_start(line) if is_kept else _read_start(line)
    if minor and ("host" not in fields or "," in fields["host"]):
        raise Garbled("it has to name one host")
    keeps = keeps_connection(fields, minor=minor)
    return RequestHead(method, path, query, fields, _length(fields, minor), minor == 1, keeps)


def _read_start(line: str) -> _Start:
    match = _START.fullmatch(line)
    if not match:
        raise Garbled(NO_HEAD)
    method, target, minor = match.groups()
    path, _, query = target.partition("?")
    return _Start(method, path, query, int(minor))


_kept_start: Final = lru_cache(maxsize=256)(_read_start)  # the same few come again and again


def _length(fields: dict[str, str], minor: int) -> int | None:
    """Find where the body ends; whatever leaves a doubt is refused."""
    coding, length = fields.get("transfer-encoding"), fields.get("content-length")
    if coding is None:
        return 0 if length is None else length_of(length)
    if coding.lower() != "chunked" or length is not None or not minor:
        raise Garbled("it does not say clearly where it ends")
    return None
