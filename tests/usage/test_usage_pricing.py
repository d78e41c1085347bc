from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kinds.vocabulary import Usage
from usage.pricing import COST_PLACES, Prices, cost_of

tokens = st.integers(0, 10**12)
prices = st.decimals(0, 10**5, places=8)
usages = st.builds(Usage, tokens, tokens, tokens, tokens, tokens)
known_prices = st.builds(Prices, prices, prices, prices, prices)


def exact(usage, prices):
    generated = usage.output_tokens + usage.reasoning_tokens
    return (
        usage.input_tokens * Fraction(prices.input)
        + generated * Fraction(prices.output)
        + usage.cache_read_tokens * Fraction(prices.cache_read)
        + usage.cache_write_tokens * Fraction(prices.cache_write)
    ) / 1_000_000


@given(usages, known_prices)
def test_a_cost_is_exact_to_the_last_digit_kept(usage, prices):
    cost = cost_of(usage, prices)

    assert abs(Fraction(cost) - exact(usage, prices)) <= Fraction(1, 2 * 10**COST_PLACES)


@given(usages, usages, known_prices)
def test_more_tokens_never_cost_less(one, other, prices):
    more = Usage(*(getattr(one, name) + getattr(other, name) for name in Usage._fields))

    assert cost_of(more, prices) >= cost_of(one, prices)


@given(usages)
def test_what_is_free_costs_nothing(usage):
    free = Decimal(0)

    assert cost_of(usage, Prices(free, free, free, free)) == 0


@pytest.mark.parametrize(
    ("usage", "missing"),
    [
        (Usage(input_tokens=1), "input"),
        (Usage(output_tokens=1), "output"),
        (Usage(reasoning_tokens=1), "output"),
        (Usage(cache_read_tokens=1), "cache_read"),
        (Usage(cache_write_tokens=1), "cache_write"),
    ],
)
def test_tokens_without_a_price_make_the_cost_unknown(usage, missing):
    one = Decimal(1)
    prices = {"input": one, "output": one, "cache_read": one, "cache_write": one}

    assert cost_of(usage, Prices(**{**prices, missing: None})) is None
    assert cost_of(Usage(), Prices(**{**prices, missing: None})) == 0


def test_reasoning_is_priced_as_output():
    prices = Prices(input=Decimal(0), output=Decimal(2))

    assert cost_of(Usage(output_tokens=500_000, reasoning_tokens=500_000), prices) == Decimal(2)
