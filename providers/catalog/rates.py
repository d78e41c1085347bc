"""Prices of one model as a source states them, and how two sources compare."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

MILLION = 1_000_000
# xAI's 200,000 is 199,999 in one source and 200,000 in the other.
SAME_THRESHOLD_TOKENS = 1_000


class Rates(NamedTuple):
    """USD per million tokens; None is unknown, zero is free."""

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None

    def filled_from(self, other: "Rates") -> "Rates":
        return Rates(
            *(
                ours if ours is not None else theirs
                for ours, theirs in zip(self, other, strict=True)
            )
        )


NOTHING_STATED = Rates()


@dataclass(frozen=True, slots=True)
class LongRates:
    """The rates of a whole request whose input is longer than `above_tokens`."""

    above_tokens: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The base rates of a model, and those of its longer requests, shortest first."""

    base: Rates = NOTHING_STATED
    longer: tuple[LongRates, ...] = ()

    def filled_from(self, other: "PriceTable") -> "PriceTable":
        """Take from `other` the base rates that this table doesn't state."""
        return replace(self, base=self.base.filled_from(other.base))

    def disagreements(self, other: "PriceTable") -> Iterator[tuple[str, Decimal, Decimal]]:
        """Name each price that both tables state, and state differently."""
        yield from _disagreements("", self.base, other.base)
        for ours in self.longer:
            for theirs in other.longer:
                if abs(ours.above_tokens - theirs.above_tokens) < SAME_THRESHOLD_TOKENS:
                    where = f" above {ours.above_tokens:,} tokens"
                    yield from _disagreements(where, ours.rates, theirs.rates)

    def thresholds(self) -> tuple[int, ...]:
        return tuple(step.above_tokens for step in self.longer)

    def has_thresholds_of(self, other: "PriceTable") -> bool:
        pairs = zip(self.thresholds(), other.thresholds(), strict=False)
        return len(self.longer) == len(other.longer) and all(
            abs(ours - theirs) < SAME_THRESHOLD_TOKENS for ours, theirs in pairs
        )


def per_million(per_token: Decimal | int) -> Decimal:
    """Convert USD per token to USD per million tokens, exactly."""
    return Decimal(per_token) * MILLION


def plain(price: Decimal) -> str:
    """Write a price without exponent or closing zeros: equal prices look equal."""
    return format(price.normalize(), "f")


def _disagreements(
    where: str, ours: Rates, theirs: Rates
) -> Iterator[tuple[str, Decimal, Decimal]]:
    for name, our_price, their_price in zip(Rates._fields, ours, theirs, strict=True):
        if our_price is not None and their_price is not None and our_price != their_price:
            yield f"{name.replace('_', ' ')}{where}", our_price, their_price
