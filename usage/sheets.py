"""Sums of days as a spreadsheet reads them: lines of CSV, made as they are sent."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.http import StreamingHttpResponse

from usage.questions import Question

CSV: Final = "text/csv"

_COLUMNS: Final = (
    *("day", "kind_of_use", "provider_public_id", "provider_name", "model"),
    *("agent_public_id", "agent_name", "key_public_id", "key_name"),
    *("user_public_id", "user_name", "requests", "failed", "estimated", "partial", "unpriced"),
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
    *("reasoning_tokens", "cost"),
)
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def sheet(parts: Iterable[Mapping[str, Any]], question: Question) -> StreamingHttpResponse:
    """Answer with the finest sums of each day, line by line."""
    name = f"usage-{question.first}-{question.last}.csv"
    answer = StreamingHttpResponse(_lines(parts), content_type=f"{CSV}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _lines(parts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield str(writer.writerow(_COLUMNS))
    for part in parts:
        yield str(writer.writerow([_cell(part, name) for name in _COLUMNS]))


def _cell(part: Mapping[str, Any], name: str) -> Any:
    """Give a cell; a name that a spreadsheet would take for a formula is told to be text."""
    if name == "day":
        return part["day"].date().isoformat()
    if name == "cost":
        is_known = part["sum_unpriced"] < part["sum_requests"]
        return f"{part['sum_cost']:.12f}" if is_known else ""
    value = next(part[key] for key in (name, f"last_{name}", f"sum_{name}") if key in part)
    return f"'{value}" if str(value).startswith(_FORMULA_STARTS) else value


class _Echo:
    """Gives each line back to whoever writes it."""

    def write(self, line: str) -> str:
        return line
