"""What a call claims of its limits before it is forwarded."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.batches import Batches
from gateway.claiming import claims_of, is_priced, most_cost, payable
from gateway.estimates import most_output_tokens, prompt_tokens
from gateway.formats.asking import Asked
from gateway.prompt_bounds import AN_IMAGE, ELSEWHERE, most_prompt_tokens
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

    def __init__(self, prices, max_output=None, context_window=None):
        self.prices, self.max_output = prices, max_output
        self.context_window = context_window


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

    body = len('{"messages":[""],"max_tokens":50}') + 400
    assert cost.cost == (body * 10 + 50 * 20) * Decimal("0.000001")


def test_no_prompt_is_reserved_for_beyond_the_window_of_its_model():
    small = Target(PRICES, context_window=1_000)

    _, cost = claims([BUDGET], small, messages=["x" * 4_000], max_tokens=50)

    assert cost.cost == (1_000 * 1 + 50 * 2) * Decimal("0.000001")


def content(*parts):
    return {"messages": [{"role": "user", "content": list(parts)}]}


LONG = "QUJD" * 100_000
PLAIN = len('{"messages":[{"role":"user","content":[]}]}')


@pytest.mark.parametrize(
    "image",
    [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{LONG}"}},
        {"type": "image_url", "image_url": {"url": "https://pictures.example/1.png"}},
        {"type": "input_image", "file_id": "file-1"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": LONG}},
        {"inlineData": {"mimeType": "image/png", "data": LONG}},
        {"fileData": {"mimeType": "image/png", "fileUri": "gs://pictures/1"}},
    ],
)
def test_an_image_counts_a_flat_sum_wherever_it_is(image):
    frame = {name: {} for name in image if name.endswith("Data")}  # stays around the image

    assert most_prompt_tokens(content(image)) == (
        PLAIN + AN_IMAGE + (len(f'{{"{next(iter(frame))}":}}') if frame else 0)
    )
    assert most_prompt_tokens(content(image, image)) > 2 * AN_IMAGE


def test_a_file_counts_its_bytes_and_one_that_lies_elsewhere_a_flat_sum():
    inside = {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{LONG}"}}

    assert most_prompt_tokens(content(inside)) > len(LONG)
    for outside in (
        {"type": "input_file", "file_id": "file-1"},
        {"type": "document", "source": {"type": "url", "url": "https://papers.example/1.pdf"}},
        {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://films/1"}},
    ):
        assert most_prompt_tokens(content(outside)) > ELSEWHERE
    assert most_prompt_tokens({"input": "Go on.", "previous_response_id": "resp_1"}) > ELSEWHERE


@given(st.text())
def test_a_prompt_has_no_more_tokens_than_bytes(text):
    """A tokenizer that knows none of the words makes a token of each byte, and none makes more."""
    frame = 4 + 3  # the most that is put around one message, and around all of them

    most = most_prompt_tokens({"messages": [{"role": "user", "content": text}]})

    assert len(text.encode()) + frame <= most <= 6 * len(text.encode()) + PLAIN


def test_a_conversation_in_plain_english_is_reserved_for_a_handful_of_times_its_estimate():
    words = "The quick brown fox jumps over the lazy dog. " * 200
    messages = [{"role": "user", "content": words}, {"role": "assistant", "content": words}]

    most, usual = most_prompt_tokens({"messages": messages}), prompt_tokens({"messages": messages})

    assert usual < most < 5 * usual


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
