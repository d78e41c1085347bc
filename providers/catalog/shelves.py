"""A shelf: which entries of the price lists make up one kind, and in which order they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model stands on its shelf; without a generation it counts as the newest."""

    family: int
    generation: Decimal | None
    line: int
    is_legacy: bool

    @property
    def line_key(self) -> tuple[int, int]:
        return (self.family, self.line)


@dataclass(frozen=True, slots=True)
class Family:
    """Models that succeed each other; lines are patterns of whole ids, the strongest first."""

    lines: tuple[str, ...]
    is_legacy: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind: its provider names in litellm, the prefix to strip, its vendor in genai-prices.

    `generations_per_line` keeps a shelf short on which every model stands several times.
    """

    kind: str
    providers: frozenset[str]
    families: tuple[Family, ...]
    prefix: str = ""
    vendor: str = ""
    modes: frozenset[str] = frozenset({"chat", "embedding"})
    is_priced: bool = True
    generations_per_line: int | None = None

    def place(self, model_id: str) -> Place | None:
        """Find the model's place; None where no line wants it."""
        return next(self._places(model_id), None)

    def _places(self, model_id: str) -> Iterator[Place]:
        for number, family in enumerate(self.families):
            for line, pattern in enumerate(family.lines):
                if match := re.fullmatch(pattern, model_id):
                    yield Place(number, _generation(match), line, family.is_legacy)


def _generation(match: re.Match[str]) -> Decimal | None:
    version = match.groupdict().get("v")
    return Decimal(version.replace("-", ".").replace("p", ".")) if version else None


def family(*lines: str) -> Family:
    return Family(lines)


def legacy(*lines: str) -> Family:
    return Family(lines, is_legacy=True)
