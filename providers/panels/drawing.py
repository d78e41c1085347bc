"""Charts as shapes in a box of fixed units, which the page stretches to its width. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 110
_GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    title: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    title: str


def top_of(values: Sequence[float]) -> float:
    """Give the end of a scale that holds every value: 1, 2 or 5 times a power of ten."""
    highest = max(values, default=0)
    if highest <= 0:
        return 1
    power = 10.0 ** (len(f"{highest:.0f}") - 1) if highest >= 1 else 0.0001
    while True:
        for factor in (1, 2, 5):
            if highest <= factor * power:
                return factor * power
        power *= 10


def bars(
    values: Sequence[float], titles: Sequence[str], *, top: float, tone: str = ""
) -> list[Bar]:
    """Draw a bar for each value that is not zero; a small one is still seen."""
    width = WIDTH / max(len(values), 1)
    return [
        Bar(
            x=round(number * width + _GAP / 2, 2),
            y=round(HEIGHT - _height(value, top), 2),
            width=round(width - _GAP, 2),
            height=round(_height(value, top), 2),
            title=titles[number],
            tone=tone,
        )
        for number, value in enumerate(values)
        if value
    ]


def strip(tones: Sequence[str], titles: Sequence[str], *, height: float = 10) -> list[Bar]:
    """Draw a row of boxes, one for each step that has a tone."""
    width = WIDTH / max(len(tones), 1)
    return [
        Bar(round(number * width + _GAP / 2, 2), 0, round(width - _GAP, 2), height, title, tone)
        for number, (tone, title) in enumerate(zip(tones, titles, strict=True))
        if tone
    ]


def dots(values: Sequence[float | None], titles: Sequence[str], *, top: float) -> list[Dot]:
    """Place a dot in the middle of each step that has a value."""
    width = WIDTH / max(len(values), 1)
    return [
        Dot(round((number + 0.5) * width, 2), level(value, top), titles[number])
        for number, value in enumerate(values)
        if value is not None
    ]


def lines(values: Sequence[float | None], *, top: float) -> list[str]:
    """Give the points of each unbroken run of values; a step without one breaks the line."""
    width = WIDTH / max(len(values), 1)
    runs: list[list[str]] = [[]]
    for number, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{round((number + 0.5) * width, 2)},{level(value, top)}")
    return [" ".join(run) for run in runs if len(run) > 1]


def level(value: float, top: float) -> float:
    return round(HEIGHT * (1 - min(value / top, 1)), 2)


def _height(value: float, top: float) -> float:
    return max(HEIGHT * min(value / top, 1), 1.5)
