"""What a call claims of its limits before it is forwarded."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.batches import Batches
from gateway.claiming import claims_of, is_priced, most_cost, payable
from gateway.estimates import most_output_tokens
from gateway.formats.asking import Asked
from gateway.refusals import LimitReached, ModelUnpriced
from providers.kinds.vocabulary import Format
from tests.usage.test_limit_rules import rule
from usage.limits.rules import Measure, Standing
from usage.pricing import LongRates, Prices, Rates

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
PRICES = Prices(input=Decimal(1), output=Decimal(2))
BUDGET = rule(5, measure=Measure.USD_DAY, name="Budget")


class Target:
    """As much of a target as a claim asks."""

    name = "near/model"
    formats = frozenset({Format.CHAT})

    def __init__(self, prices, max_output=None):
        self.prices, self.max_output = prices, max_output


def asked(**fields):
    return Asked(fields.pop("format", Format.CHAT), fields, "default")


def claims(rules, *targets, **fields):
    return claims_of("req_1", rules, targets, asked(**fields), at=AT)


@pytest.mark.parametrize(
    ("fields", "most", "expected"),
    [
        ({}, None, 8_192),
        ({}, 500, 500),
        ({"max_tokens": 100}, 500, 100),
        ({"max_tokens": 9_000}, 500, 500),
        ({"max_completion_tokens": 70}, None, 70),
        ({"max_output_tokens": 60}, None, 60),
        ({"generationConfig": {"maxOutputTokens": 50, "candidateCount": 2}}, None, 100),
        ({"max_tokens": 10, "n": 3}, None, 30),
        ({"max_tokens": "many", "n": None}, 500, 500),
        ({"max_tokens": True}, 500, 500),
        ({"format": Format.EMBEDDINGS}, 500, 0),
    ],
)
def test_an_answer_is_as_long_as_asked_and_as_the_model_gives(fields, most, expected):
    assert most_output_tokens(asked(**fields), most) == expected


def test_a_call_is_reserved_for_at_the_dearest_candidates_prices():
    dear = Prices(input=Decimal(10), output=Decimal(20))

    _, cost = claims([BUDGET], Target(PRICES), Target(dear), messages=["x" * 400], max_tokens=50)

    assert cost.cost == (100 * 10 + 50 * 20) * Decimal("0.000001")


def test_tokens_are_the_prompt_and_the_longest_answer():
    tokens = rule(100, measure=Measure.TOKENS)

    rates, cost = claims([tokens], Target(PRICES), messages=["x" * 400], max_tokens=50)

    assert rates.tokens == 150
    assert not cost.rules


def test_a_prompt_may_be_written_to_a_cache_that_costs_more():
    prices = Prices(Decimal(1), Decimal(0), cache_read=Decimal("0.1"), cache_write=Decimal(2))

    assert most_cost(prices, 1_000_000, 0) == 2


def test_a_long_prompt_is_reserved_for_at_its_own_rates():
    longer = (LongRates(1_000, Rates(Decimal(5), Decimal(9))),)
    prices = Prices(Decimal(1), Decimal(2), longer=longer)

    assert most_cost(prices, 2_000, 1_000) == Decimal("0.019")


def test_a_free_call_claims_no_money():
    free = Prices(Decimal(0), Decimal(0))

    assert not claims([BUDGET], Target(free))[1].rules
    assert claims([BUDGET], Target(free), Target(PRICES))[1].rules


def test_an_unknown_price_claims_money_and_reserves_none():
    _, cost = claims([BUDGET], Target(Prices()))

    assert cost.rules
    assert cost.cost == 0


def test_models_without_a_price_are_left_out_where_a_limit_says_so():
    priced, unpriced = Target(PRICES), Target(Prices(input=Decimal(1)))
    lenient = rule(5, measure=Measure.USD_DAY, allows_unpriced=True)
    shadow = rule(5, measure=Measure.USD_DAY, is_shadow=True)

    assert payable((unpriced, priced), [BUDGET, lenient]) == (priced,)
    assert payable((unpriced, priced), [lenient, shadow, rule(5)]) == (unpriced, priced)
    with pytest.raises(ModelUnpriced, match="near/model has no price, and the limit “Budget”"):
        payable((unpriced,), [BUDGET])


def test_embeddings_need_no_price_of_output():
    assert is_priced(Prices(input=Decimal(1)), {Format.EMBEDDINGS})
    assert not is_priced(Prices(input=Decimal(1)), {Format.CHAT})


@pytest.mark.parametrize(
    ("wait_s", "words"),
    [(0.2, "a second"), (90, "90 seconds"), (121, "3 minutes"), (7_200, "2 hours")],
)
def test_a_refusal_says_when_to_try_again(wait_s, words):
    refusal = LimitReached(Standing(BUDGET, Decimal(5), wait_s))

    assert refusal.message.endswith(f"Try again in {words}.")
    assert refusal.retry_after_s >= wait_s


def test_what_comes_while_a_trip_is_under_way_goes_with_the_next():
    trips = []

    async def trip(items):
        trips.append(list(items))
        await asyncio.sleep(0.01)
        return [item * 2 for item in items]

    async def go():
        batches = Batches(trip, away=OSError)
        first = batches.put(1)
        await asyncio.sleep(0)
        return await asyncio.gather(first, *map(batches.put, (2, 3, 4)))

    assert asyncio.run(go()) == [2, 4, 6, 8]
    assert trips == [[1], [2, 3, 4]]


def test_what_is_wrong_with_one_item_is_nobody_elses():
    async def trip(items):
        return [10 // item for item in items]

    async def go():
        batches = Batches(trip, away=OSError)
        return await asyncio.gather(*map(batches.put, (1, 0, 5)), return_exceptions=True)

    told = asyncio.run(go())
    assert (told[0], told[2]) == (10, 2)
    assert isinstance(told[1], ZeroDivisionError)


def test_a_trip_that_fails_whatever_it_carries_is_made_once():
    trips = []

    async def trip(items):
        trips.append(items)
        raise ConnectionError

    async def go():
        batches = Batches(trip, away=OSError)
        return await asyncio.gather(*map(batches.put, (1, 2)), return_exceptions=True)

    assert [type(error) for error in asyncio.run(go())] == [ConnectionError, ConnectionError]
    assert len(trips) == 1
