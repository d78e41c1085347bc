"""One measured number beside what it is to be, and a table of them."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.numbers import aligned, number


@dataclass(frozen=True, slots=True)
class Figure:
    """`holds` is None where nothing is wanted of it, or where this machine can't tell."""

    name: str
    value: float
    unit: str = ""
    wanted: str = ""
    holds: bool | None = None


def at_least(name: str, value: float, bound: float, unit: str = "") -> Figure:
    return _judged(name, value, unit, f"≥ {number(bound)}", value >= bound)


def at_most(name: str, value: float, bound: float, unit: str = "") -> Figure:
    return _judged(name, value, unit, f"≤ {number(bound)}", value <= bound)


def told(name: str, value: float, unit: str = "", *, wanted: str = "") -> Figure:
    """Give a number that explains others; `wanted` says why it is not judged."""
    return Figure(name, value, unit, wanted)


def render(title: str, figures: Iterable[Figure]) -> str:
    """Write them under each other, those that don't hold marked."""
    rows = [("", "measured", "", "wanted", ""), *map(_row, figures)]
    return "\n".join([title, *_lines(rows)])


def _lines(rows: list[tuple[str, ...]]) -> Iterator[str]:
    for line in aligned(rows):
        yield f"  {line}"


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = {True: "holds", False: "MISSED", None: ""}[figure.holds]
    return (figure.name, number(figure.value), figure.unit, figure.wanted, verdict)


def _judged(name: str, value: float, unit: str, wanted: str, holds: bool) -> Figure:  # noqa: FBT001 - it is what is said
    return Figure(name, value, unit, wanted, None if math.isnan(value) else holds)
