"""How numbers are written, and put under each other."""

import math
from collections.abc import Iterator, Sequence


def number(value: float) -> str:
    """Write three significant digits with thousands apart; a dash for what was not measured."""
    if math.isnan(value):
        return "—"
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{min(3, max(0, 2 - magnitude))}f}"


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for first, *rest in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join(cells).rstrip()
