"""Read JSON answers with suspicion: they come from servers that people typed in."""

import re
from collections.abc import Mapping, Sequence
from typing import cast

import orjson

from providers.kinds.vocabulary import Answer, UnreadableAnswer

Json = Mapping[str, object]

_HTML = re.compile(rb"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)
_EMPTY: Json = {}
_MOST_TOKENS = 10**12  # beyond any call, within any ledger


def json_of(answer: Answer) -> object:
    """Decode a success; `UnreadableAnswer` says what came instead and what to check."""
    if not answer.body.strip():
        raise UnreadableAnswer(
            f"The server answered HTTP {answer.status} with an empty body. "
            "Check that the base URL is the API's."
        )
    if is_html(answer):
        raise UnreadableAnswer(
            "The server answered with a web page instead of JSON. Check the base URL: "
            "it should be the API's address, often ending in /v1."
        )
    try:
        return cast("object", orjson.loads(answer.body))
    except orjson.JSONDecodeError as error:
        raise UnreadableAnswer(
            "The server's answer is not complete JSON: it was cut off on the way, "
            "or this is not the API's address. Try again, then check the base URL."
        ) from error


def object_of(answer: Answer) -> Json:
    """Decode a success that must be a JSON object and not an error in a success's clothes."""
    body = json_of(answer)
    if not isinstance(body, dict):
        raise UnreadableAnswer(
            "The server answered with JSON that is not an object. "
            "Check that the base URL and the kind belong together."
        )
    error = body.get("error")
    if error:
        raise UnreadableAnswer(f"The server answered HTTP {answer.status}, but with an error.")
    return cast("Json", body)


def is_html(answer: Answer) -> bool:
    declared = answer.headers.get("content-type", "")
    return declared.startswith("text/html") or bool(_HTML.match(answer.body))


def event_of(payload: bytes) -> Json:
    """Decode one SSE payload; what is not a JSON object reads as an empty one."""
    try:
        event = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _EMPTY
    return cast("Json", event) if isinstance(event, dict) else _EMPTY


def mapping(parent: Json, key: str) -> Json:
    """Return the object under a key, an empty one if there is none."""
    value = parent.get(key)
    return cast("Json", value) if isinstance(value, dict) else _EMPTY


def items(parent: Json, key: str) -> Sequence[object]:
    """Return the array under a key, an empty one if there is none."""
    value = parent.get(key)
    return value if isinstance(value, list) else ()


def objects(parent: Json, key: str) -> Sequence[Json]:
    """Return the objects in the array under a key."""
    return [cast("Json", item) for item in items(parent, key) if isinstance(item, dict)]


def text(parent: Json, key: str) -> str:
    """Return the string under a key, an empty one if there is none."""
    value = parent.get(key)
    return value if isinstance(value, str) else ""


def count(parent: Json, key: str) -> int:
    """Return a number of tokens; null, absent and impossible values count as none."""
    value = parent.get(key)
    if type(value) is int or isinstance(value, float):  # a boolean is no number
        return int(value) if 0 <= value <= _MOST_TOKENS else 0
    return 0


def wrong_shape(expected: str) -> UnreadableAnswer:
    return UnreadableAnswer(
        f"The server answered with JSON that has no {expected}. "
        "Check that the base URL and the kind belong together."
    )


class Withheld(UnreadableAnswer):
    """The provider's filter took the prompt or the answer: key and model work."""


def withheld() -> Withheld:
    return Withheld(
        "The provider's content filter withheld the answer. Look at the filter's settings there."
    )
