"""Find what a provider said in an error answer, whatever shape it said it in."""

import html
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import orjson

from providers.kinds.dialects import reading
from providers.kinds.dialects.reading import Json
from providers.kinds.vocabulary import Answer

_MOST_BYTES = 65_536  # of a body; what matters in an error stands at its beginning
_MOST_CHARACTERS = 4096  # of a page or a sentence; far beyond what is shown
_MOST_DEPTH = 7
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_SPACE = re.compile(r"\s+")
_SAYING = ("message", "Message", "detail", "error_description", "msg", "error", "errors", "title")


def words_of(answer: Answer) -> str:
    """Return the provider's sentence on one line, empty when it said nothing."""
    text = answer.body[:_MOST_BYTES].decode("utf-8", errors="replace")
    if reading.is_html(answer):
        return one_line(_page_title(text[:_MOST_CHARACTERS]))
    body = json_of(answer)
    return one_line(text if body is None else _said(body))[:_MOST_CHARACTERS]


def json_of(answer: Answer) -> object | None:
    """Decode an error's body, None where it is not JSON."""
    try:
        return cast("object", orjson.loads(answer.body[:_MOST_BYTES]))
    except orjson.JSONDecodeError:
        return None


def one_line(text: str) -> str:
    printable = "".join(char if char.isprintable() else " " for char in text)
    return _SPACE.sub(" ", printable).strip()


def codes_of(answer: Answer) -> frozenset[str]:
    """Return the short words by which machines tell errors apart: codes, types, reasons."""
    codes = {word.lower() for word in _codes(json_of(answer), _MOST_DEPTH)}
    return frozenset(codes | {_exception_of(answer)})


def _exception_of(answer: Answer) -> str:
    """Return the name of an exception of AWS, which stands in a header, an address behind it."""
    named = answer.headers.get("x-amzn-errortype", "")
    return named.partition(":")[0].rpartition("#")[2].strip().lower()


def _said(body: object) -> str:
    return next(_sentences(body, _MOST_DEPTH), "")


def _sentences(value: object, depth: int) -> Iterator[str]:
    """Walk to the sentences, the most telling key first; lists are read as one sentence."""
    if isinstance(value, str):
        yield from _unwrapped(value, depth)
    elif depth and isinstance(value, list):
        parts = [next(_sentences(item, depth - 1), "") for item in value[:3]]
        joined = "; ".join(part for part in parts if part)
        if joined:
            yield joined
    elif depth and isinstance(value, dict):
        yield from _in_object(cast("Json", value), depth)


def _in_object(value: Json, depth: int) -> Iterator[str]:
    raw = reading.text(reading.mapping(value, "metadata"), "raw")  # OpenRouter: the origin's words
    if raw:
        yield from _sentences(raw, depth - 1)
    for key in _SAYING:
        yield from _sentences(value.get(key), depth - 1)


def _unwrapped(text: str, depth: int) -> Iterator[str]:
    """Look into JSON that was put into a string, as proxies do with what they were told."""
    if depth and text.lstrip().startswith(("{", "[")):
        with suppress(orjson.JSONDecodeError):
            yield from _sentences(orjson.loads(text), depth - 1)
    if text.strip():
        yield text


def _codes(value: object, depth: int) -> Iterator[str]:
    if not depth:
        return
    if isinstance(value, list):
        for item in value[:20]:
            yield from _codes(item, depth - 1)
    if isinstance(value, dict):
        for key in ("code", "type", "status", "reason"):
            code = value.get(key)
            if isinstance(code, str | int):
                yield str(code)
        for key in ("error", "details"):
            yield from _codes(value.get(key), depth - 1)


def _page_title(page: str) -> str:
    title = _TITLE.search(page)
    return html.unescape(title.group(1) if title else _TAG.sub(" ", page))
