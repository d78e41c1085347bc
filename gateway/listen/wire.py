"""How answers are written: status line, headers, chunks."""

from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from gateway.formats.asking import Form
from gateway.http1.framing import WORTH_SPARING_BYTES

LAST_CHUNK: Final = b"0\r\n\r\n"
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus
}


def head(status: int, headers: Iterable[tuple[str, str]], *framing: str, now: float) -> bytes:
    """Write the head of an answer; `framing` are complete header lines without their ends."""
    start = _STATUS_LINES.get(status) or f"HTTP/1.1 {status} "
    date = f"date: {_date(int(now))}"
    lines = (start, *map(": ".join, headers), date, *framing, "\r\n")
    return "\r\n".join(lines).encode("latin-1")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def chunked(data: bytes) -> tuple[bytes, ...]:
    """Write a chunk in as many parts as spare large data a copy."""
    if len(data) < WORTH_SPARING_BYTES:
        return (chunk(data),)
    return (b"%x\r\n" % len(data), data, b"\r\n")


def refusal(why: str, form: Form, *, now: float) -> bytes:
    """Write the whole answer to bytes that are no request; the connection ends with it."""
    message = f"This is not a request in HTTP/1.1: {why}."
    body = form.error_body(message, status=400, code="bad_http")
    length = f"content-length: {len(body)}"
    headers = (("content-type", "application/json"),)
    return head(400, headers, length, "connection: close", now=now) + body


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
