"""JSON in: one way to write it, of bounded size and depth."""

import json
import re
from collections.abc import Mapping
from typing import IO, Any, Never

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

LARGEST_BYTES = 1024 * 1024
DEEPEST = 32
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")  # no database keeps these in text


class StrictJSONParser(BaseParser):
    """Refuses what two readers could read differently: double keys, NaN, text that is not UTF-8."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - the framework's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        content = stream.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise ParseError(f"The body is larger than {LARGEST_BYTES // 1024} KiB.")
        return strict_json(content)


def strict_json(content: bytes) -> Any:
    """Read one JSON value; raises ParseError, which says what is wrong with it."""
    try:
        value = json.loads(
            content.decode(), object_pairs_hook=_without_doubles, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ParseError(f"The body is not JSON: {error.msg}, {where}.") from None
    except RecursionError:
        raise ParseError(_TOO_DEEP) from None
    _refuse_deep(value)
    return value


_TOO_DEEP = f"The body is nested deeper than {DEEPEST} levels."


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The field {double!r} is given twice.")
    for name in filter(_UNWRITABLE.search, fields):
        raise ParseError(f"The name of the field {name!r} is not Unicode text.")
    return fields


def _refuse_constant(name: str) -> Never:
    raise ParseError(f"{name} is not a JSON value.")


def _refuse_deep(value: Any) -> None:
    level, values = 0, [value]
    while values:
        level += 1
        if level > DEEPEST:
            raise ParseError(_TOO_DEEP)
        values = [inner for outer in values for inner in _children(outer)]


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, dict | list)]
    if isinstance(value, list):
        return [inner for inner in value if isinstance(inner, dict | list)]
    return []
