"""What a call costs: tokens and prices in, USD out. Pure, and exact to the last digit kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final, NamedTuple

from providers.kinds.vocabulary import Usage

COST_DIGITS: Final = 24
COST_PLACES: Final = 12

_PER_TOKEN: Final = Decimal("0.000001")  # prices are written per million tokens
_SMALLEST: Final = Decimal(1).scaleb(-COST_PLACES)
_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)


class Rates(NamedTuple):
    """USD per million tokens; None is unknown, 0 is free."""

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None


class LongRates(NamedTuple):
    """The rates of a whole request whose prompt, cached or not, is longer than `above_tokens`."""

    above_tokens: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class Prices:
    """USD per million tokens as they stood when the call was made; None is unknown, 0 is free.

    `longer` are the rates of longer requests, the shortest first.
    """

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    longer: tuple[LongRates, ...] = ()

    @property
    def base(self) -> Rates:
        return Rates(self.input, self.output, self.cache_read, self.cache_write)

    def rates_for(self, prompt_tokens: int) -> Rates:
        """Give the rates that hold for a whole request with such a prompt."""
        rates = self.base
        for step in self.longer:
            if prompt_tokens > step.above_tokens:
                rates = step.rates
        return rates

    def with_tiers(self, base: Rates, tiers: Iterable[LongRates]) -> "Prices":
        """Add the tiers that a catalog has beside its own `base` rates.

        A price that its owner has set differently from the catalog's holds for requests of any
        length: the catalog's tiers belong to the catalog's price. So does the base price where
        the tier states none.
        """
        steps = sorted(tiers, key=lambda step: step.above_tokens)
        return replace(self, longer=tuple(self._longer(base, step) for step in steps))

    def _longer(self, base: Rates, step: LongRates) -> LongRates:
        rates = (
            tier if tier is not None and own == listed else own
            for own, listed, tier in zip(self.base, base, step.rates, strict=True)
        )
        return LongRates(step.above_tokens, Rates(*rates))


def cost_of(usage: Usage, prices: Prices) -> Decimal | None:
    """Price every bucket; None as soon as tokens were used whose price nobody knows.

    A bucket without tokens costs nothing, known price or not. Reasoning is priced as output, which
    is how every provider bills it. An unset cache price is unknown like any other: neither the
    input price nor zero would be true.
    """
    rates = prices.rates_for(usage.prompt_tokens) if prices.longer else prices
    total = Decimal(0)
    for tokens, price in (
        (usage.input_tokens, rates.input),
        (usage.output_tokens + usage.reasoning_tokens, rates.output),
        (usage.cache_read_tokens, rates.cache_read),
        (usage.cache_write_tokens, rates.cache_write),
    ):
        if not tokens:
            continue
        if price is None:
            return None
        total = _EXACT.add(total, _EXACT.multiply(_EXACT.multiply(tokens, price), _PER_TOKEN))
    return total.quantize(_SMALLEST, context=_EXACT)
