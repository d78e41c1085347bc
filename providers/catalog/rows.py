"""Read one JSON object field by field, and say exactly what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation


class CatalogInvalid(ValueError):
    """A catalog file can't be used; the message names the file, the entry and the field."""


@dataclass(slots=True)
class Row:
    """One JSON object; every reader raises CatalogInvalid with the object's place."""

    place: str
    values: dict[str, object]
    read: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, place: str, value: object) -> "Row":
        if not isinstance(value, dict):
            raise CatalogInvalid(f"{place} must be an object.")
        return cls(place, value)

    def text(self, name: str) -> str:
        value = self._take(name, "")
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        return value

    def named(self, name: str, allowed: Iterable[str] = ()) -> str:
        """Return a text that is not empty, and is one of `allowed` where that is given."""
        value = self.text(name)
        choices = tuple(allowed)
        if not value or (choices and value not in choices):
            raise self._wrong(name, " or ".join(choices) or "a text that is not empty")
        return value

    def flag(self, name: str) -> bool:
        value = self._take(name, None)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def count(self, name: str) -> int | None:
        value = self._take(name, None)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise self._wrong(name, "a whole number")
        return value

    def price(self, name: str) -> Decimal | None:
        """Return USD per million tokens; a text, since a JSON number may have been a float."""
        value = self._take(name, None)
        if value is None:
            return None
        try:
            price = Decimal(value) if isinstance(value, str) else None
        except InvalidOperation:
            price = None
        if price is None or not price.is_finite() or price < 0:
            raise self._wrong(name, 'a price in quotes, like "2.50"')
        return price

    def day(self, name: str) -> date | None:
        value = self._take(name, None)
        if value is None:
            return None
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise self._wrong(name, "a date like 2026-11-20") from None

    def rows(self, name: str) -> tuple["Row", ...]:
        value = self._take(name, [])
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return tuple(
            Row.of(f"{self.place}, {name} {number}", item) for number, item in enumerate(value, 1)
        )

    def must_be_read_whole(self) -> None:
        unknown = sorted(set(self.values) - self.read)
        if unknown:
            raise CatalogInvalid(f"{self.place} has a field that nobody knows: {unknown[0]}.")

    def _take(self, name: str, default: object) -> object:
        self.read.add(name)
        return self.values.get(name, default)

    def _wrong(self, name: str, expected: str) -> CatalogInvalid:
        return CatalogInvalid(
            f"{self.place}: {name} must be {expected}, not {self.values.get(name)!r}."
        )
