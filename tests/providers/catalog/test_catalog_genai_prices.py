from datetime import date
from decimal import Decimal

import pytest

from providers.catalog.genai_prices import UnknownShape, parse

ON = date(2026, 11, 20)


@pytest.fixture
def book(quotes_file):
    return lambda models, on=ON: parse(quotes_file(models), on=on)


@pytest.mark.parametrize(
    ("match", "model_id", "matches"),
    [
        ("ClauseEquals(equals='Star-1')", "star-1", True),
        ("ClauseEquals(equals='star-1')", "star-1-mini", False),
        ("ClauseStartsWith(starts_with='star')", "STAR-1", True),
        ("ClauseEndsWith(ends_with='-1')", "star-1", True),
        ("ClauseContains(contains='tar')", "star-1", True),
        (r"ClauseRegex(regex='^star-\\d$')", "star-12", False),
        ("ClauseOr(or_=[ClauseEquals(equals='a'), ClauseEquals(equals='b')])", "b", True),
        ("ClauseAnd(and_=[ClauseStartsWith(starts_with='a'), ClauseEndsWith(ends_with='c')])",
         "abc", True),
        ("ClauseAnd(and_=[ClauseStartsWith(starts_with='a'), ClauseEndsWith(ends_with='c')])",
         "ab", False),
    ],
)  # fmt: skip
def test_a_quote_is_found_by_its_match(book, match, model_id, matches):
    found = book(f"ModelInfo(id='any', match={match}, prices=ModelPrice())")

    assert (found.quote("maker", model_id) is not None) is matches


def test_a_vendor_without_a_quote_falls_back_to_the_makers():
    text = (
        "providers: list[Provider] = ["
        "Provider(id='seller', name='Seller', fallback_model_providers=['maker'], models=[]),"
        "Provider(id='maker', name='Maker', models=[ModelInfo(id='star-1',"
        " match=ClauseEquals(equals='star-1'),"
        " prices=ModelPrice(input_mtok=Decimal('2.5')))])]"
    )

    quote = parse(text, on=ON).quote("seller", "star-1")

    assert quote.prices.base.input == Decimal("2.5")


def test_an_unknown_vendor_quotes_nothing(book):
    assert book("").quote("nobody", "star-1") is None
    assert book("").pricing_url("nobody") == ""


PRICES_OVER_TIME = (
    "[ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('1'))),"
    " ConditionalPrice(constraint=StartDateConstraint(start_date=datetime.date(2026, 6, 1)),"
    " prices=ModelPrice(input_mtok=Decimal('2'))),"
    " ConditionalPrice(constraint=StartDateConstraint(start_date=datetime.date(2026, 12, 1)),"
    " prices=ModelPrice(input_mtok=Decimal('3')))]"
)


@pytest.mark.parametrize(
    ("on", "price", "changes_on"),
    [
        (date(2026, 5, 31), "1", date(2026, 6, 1)),
        (date(2026, 6, 1), "2", date(2026, 12, 1)),
        (date(2026, 12, 1), "3", None),
    ],
)
def test_the_price_is_that_of_the_day(book, quoted, on, price, changes_on):
    quote = book(quoted("star-1", PRICES_OVER_TIME), on).quote("maker", "star-1")

    assert quote.prices.base.input == Decimal(price)
    assert quote.changes_on == changes_on


def test_of_prices_by_the_hour_the_dearest_holds(book, quoted):
    prices = (
        "[ConditionalPrice(prices=ModelPrice(input_mtok=Decimal('0.5'))),"
        " ConditionalPrice(constraint=TimeOfDateConstraint(start_time=datetime.time(1, 0),"
        " end_time=datetime.time(4, 0)), prices=ModelPrice(input_mtok=Decimal('1')))]"
    )

    quote = book(quoted("star-1", prices)).quote("maker", "star-1")

    assert quote.prices.base.input == Decimal(1)


def test_tiers_are_read_with_their_thresholds(book, quoted):
    prices = (
        "ModelPrice(input_mtok=TieredPrices(base=Decimal('2'), tiers=["
        "Tier(start=200000, price=Decimal('4'))]), output_mtok=Decimal('8'))"
    )

    table = book(quoted("star-1", prices)).quote("maker", "star-1").prices

    assert (table.base.input, table.base.output) == (Decimal(2), Decimal(8))
    assert table.thresholds() == (200_000,)
    assert table.longer[0].rates.input == Decimal(4)
    assert table.longer[0].rates.output is None


@pytest.mark.parametrize(
    "models",
    [
        "ModelInfo(id='a', match=ClauseSounds(like='a'), prices=ModelPrice())",
        "ModelInfo(id='a', match=ClauseEquals(equals='a'), prices=ModelPrice(input_mtok=2.5))",
        "ModelInfo(id='a', match=ClauseEquals(equals=__import__('os').name), prices=ModelPrice())",
        "ModelInfo(id='a', prices=ModelPrice())",
    ],
    ids=["unknown match", "a float", "an expression", "no match"],
)
def test_a_file_of_another_shape_is_refused_with_its_line(book, models):
    with pytest.raises(UnknownShape, match="line 5"):
        book(models)


def test_a_file_without_providers_is_refused():
    with pytest.raises(UnknownShape, match="no list of providers"):
        parse("prices = []", on=ON)
