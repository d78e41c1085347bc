"""Read the requests of clients, and never two out of one."""

import re
from dataclasses import dataclass, field
from typing import Final

from gateway.http1.framing import (
    MOST_HEAD_BYTES,
    NO_HEAD,
    BodyReader,
    Garbled,
    keeps_connection,
    length_of,
    start_and_fields,
)

_START: Final = re.compile(r"([A-Z]{1,20}) (/[\x21-\x7e]*) HTTP/1\.([01])")


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
        return BodyReader(self.length, is_chunked=self.length is None)


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
    start, fields = start_and_fields(raw.decode("latin-1").removeprefix("\r\n"))
    match = _START.fullmatch(start)
    if not match:
        raise Garbled(NO_HEAD)
    method, target, minor = match.group(1), match.group(2), int(match.group(3))
    path, _, query = target.partition("?")
    if minor and ("host" not in fields or "," in fields["host"]):
        raise Garbled("it has to name one host")
    return RequestHead(
        method=method,
        path=path,
        query_string=query,
        headers=fields,
        length=_length(fields, minor),
        is_modern=minor == 1,
        keeps_connection=keeps_connection(fields, minor=minor),
    )


def _length(fields: dict[str, str], minor: int) -> int | None:
    """Find where the body ends; whatever leaves a doubt is refused."""
    coding, length = fields.get("transfer-encoding"), fields.get("content-length")
    if coding is None:
        return 0 if length is None else length_of(length)
    if coding.lower() != "chunked" or length is not None or not minor:
        raise Garbled("it does not say clearly where it ends")
    return None
