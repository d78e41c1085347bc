from decimal import Decimal

import pytest


def test_a_price_per_token_becomes_the_exact_price_per_million(models, listing):
    (model,) = models({"maker/star-1": listing(input_cost_per_token=Decimal("2.9e-7"))})

    assert model.input_price == Decimal("0.29")
    assert model.output_price == Decimal(10)


def test_an_unknown_price_is_none(models, listing):
    (model,) = models({"maker/star-1": listing(output_cost_per_token=None)})

    assert model.output_price is None
    assert model.cache_read_price is None


def test_an_explicit_zero_is_a_price_of_zero(models, listing, quoted):
    entries = {"maker/star-1": listing(input_cost_per_token=0)}

    (model,) = models(entries, quoted("star-1", "ModelPrice(input_mtok=Decimal('0'))"))

    assert model.input_price == Decimal(0)
    assert model.review == ""


def test_a_zero_that_only_one_source_knows_is_marked_for_review(models, listing):
    (model,) = models({"maker/star-1": listing(input_cost_per_token=0)})

    assert model.review == "only litellm says that it is free"


def test_a_price_that_only_the_second_source_knows_is_taken_from_it(models, listing, quoted):
    price = "ModelPrice(input_mtok=Decimal('2.5'), cache_read_mtok=Decimal('0.25'))"

    (model,) = models({"maker/star-1": listing()}, quoted("star-1", price))

    assert model.cache_read_price == Decimal("0.25")
    assert model.review == ""


def test_a_zero_of_the_first_source_is_not_filled_from_the_second(models, listing, quoted):
    entries = {"maker/star-1": listing(cache_read_input_token_cost=0)}

    (model,) = models(entries, quoted("star-1", "ModelPrice(cache_read_mtok=Decimal('0.25'))"))

    assert model.cache_read_price == Decimal(0)
    assert model.review == "litellm and genai-prices differ: cache read 0 and 0.25"


def test_sources_that_disagree_mark_the_model_and_keep_the_first_price(models, listing, quoted):
    price = "ModelPrice(input_mtok=Decimal('3'), output_mtok=Decimal('10'))"

    (model,) = models({"maker/star-1": listing()}, quoted("star-1", price))

    assert model.input_price == Decimal("2.5")
    assert model.review == "litellm and genai-prices differ: input 2.5 and 3"


def test_long_context_prices_become_tiers(models, listing):
    entry = listing(
        input_cost_per_token_above_200k_tokens=Decimal("5e-6"),
        output_cost_per_token_above_200k_tokens=Decimal("1.5e-5"),
        input_cost_per_token_above_200k_tokens_batches=Decimal("2.5e-6"),
    )

    (model,) = models({"maker/star-1": entry})

    (tier,) = model.tiers
    assert tier.above_tokens == 200_000
    assert (tier.input_price, tier.output_price) == (Decimal(5), Decimal(15))
    assert tier.cache_read_price is None


def test_a_tier_that_changes_nothing_is_left_out(models, listing):
    entry = listing(input_cost_per_token_above_128k_tokens=Decimal("2.5e-6"))

    (model,) = models({"maker/star-1": entry})

    assert model.tiers == ()


def test_thresholds_one_token_apart_are_the_same(models, listing, quoted):
    entry = listing(input_cost_per_token_above_200k_tokens=Decimal("5e-6"))
    tiered = "TieredPrices(base=Decimal('2.5'), tiers=[Tier(start=199999, price=Decimal('5'))])"

    (model,) = models({"maker/star-1": entry}, quoted("star-1", f"ModelPrice(input_mtok={tiered})"))

    assert model.review == ""


def test_a_different_price_of_long_requests_is_marked_for_review(models, listing, quoted):
    entry = listing(input_cost_per_token_above_200k_tokens=Decimal("5e-6"))
    tiered = "TieredPrices(base=Decimal('2.5'), tiers=[Tier(start=200000, price=Decimal('6'))])"

    (model,) = models({"maker/star-1": entry}, quoted("star-1", f"ModelPrice(input_mtok={tiered})"))

    assert model.review == "litellm and genai-prices differ: input above 200,000 tokens 5 and 6"


def test_long_context_prices_of_one_source_alone_are_marked_for_review(models, listing, quoted):
    tiered = "TieredPrices(base=Decimal('2.5'), tiers=[Tier(start=200000, price=Decimal('5'))])"

    (model,) = models(
        {"maker/star-1": listing()}, quoted("star-1", f"ModelPrice(input_mtok={tiered})")
    )

    assert model.review == "long-context prices: litellm none, genai-prices above 200,000"
    assert model.tiers == ()


def test_a_price_change_to_come_is_marked_for_review(models, listing, quoted):
    prices = (
        "[ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('2.5'))),"
        " ConditionalPrice(constraint=StartDateConstraint(start_date=datetime.date(2026, 12, 1)),"
        " prices=ModelPrice(input_mtok=Decimal('5')))]"
    )

    (model,) = models({"maker/star-1": listing()}, quoted("star-1", prices))

    assert model.review == "genai-prices knows other prices from 2026-12-01"


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("maker/unknown-1", {}),
        ("maker/star-1", {"litellm_provider": "somebody"}),
        ("maker/star-1", {"mode": "image_generation"}),
        ("maker/star-1", {"mode": "responses"}),
        ("maker/star-1", {"input_cost_per_token": Decimal("-1e-6")}),
        ("maker/star-1", {"output_cost_per_token": Decimal("0.0011")}),
        ("maker/star-1", {"supports_function_calling": None}),
        ("maker/star-1", {"deprecation_date": "2026-09-20"}),
        ("maker/star-embed", {"mode": "embedding", "input_cost_per_token": Decimal("1e-4")}),
        ("sample_spec", {}),
    ],
    ids=[
        "nobody wants it",
        "another provider",
        "images",
        "another surface",
        "negative",
        "absurdly dear",
        "no capability stated",
        "long gone",
        "absurdly dear embedding",
        "example",
    ],
)
def test_what_is_of_no_use_is_left_out(models, listing, key, changes):
    assert models({key: listing(**changes)}) == ()


def test_the_prefix_is_stripped_so_that_the_id_is_the_upstreams(models, listing):
    (model,) = models({"maker/star-1": listing()})

    assert model.kind == "maker"
    assert model.model_id == "star-1"


def test_capabilities_and_limits_are_those_of_the_first_source(models, listing):
    entry = listing(
        supports_vision=False,
        supports_reasoning=True,
        supports_response_schema=True,
        supports_native_streaming=False,
    )

    (model,) = models({"maker/star-1": entry})

    assert (model.context_window, model.max_output) == (128_000, 8_192)
    assert (model.tools, model.vision, model.reasoning) == (True, False, True)
    assert (model.streaming, model.json) == (False, True)


def test_taking_images_is_vision(models, listing):
    (model,) = models({"maker/star-1": listing(supported_modalities=["text", "image"])})

    assert model.vision


def test_a_window_that_the_first_source_does_not_know_is_the_seconds(models, listing, quoted):
    entries = {"maker/star-1": listing(max_input_tokens=None)}

    (model,) = models(entries, quoted("star-1", "ModelPrice()", "context_window=64000"))

    assert model.context_window == 64_000


def test_where_no_source_is_linked_the_vendors_price_page_is(models, listing):
    (model,) = models({"maker/star-1": listing(source="see the wiki")})

    assert model.source_url == "https://maker.test"


def test_an_embedding_model_has_no_chat_capabilities(models, listing):
    (model,) = models({"maker/star-embed": listing(mode="embedding")})

    assert model.purpose == "embedding"
    assert not any((model.tools, model.reasoning, model.streaming, model.json))
    assert model.max_output is None


def test_the_output_price_of_an_embedding_is_never_the_second_sources(models, listing, quoted):
    entries = {"maker/star-embed": listing(mode="embedding", output_cost_per_token=None)}
    price = "ModelPrice(input_mtok=Decimal('2.5'), output_mtok=Decimal('2.5'))"

    (model,) = models(entries, quoted("star-embed", price))

    assert model.output_price is None


def test_a_shelf_without_prices_knows_none_and_doubts_none(models, listing, quoted):
    price = "ModelPrice(input_mtok=Decimal('3'), cache_read_mtok=Decimal('1'))"

    (model,) = models({"maker/star-1": listing()}, quoted("star-1", price), is_priced=False)

    assert model.input_price is None
    assert model.cache_read_price is None
    assert model.review == ""
