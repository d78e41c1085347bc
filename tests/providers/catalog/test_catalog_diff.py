from datetime import date
from decimal import Decimal

import pytest

from providers.catalog.diff import diff
from providers.catalog.entries import Tier


def test_the_same_models_in_another_order_differ_in_nothing(a_model):
    first, second = a_model(), a_model(model_id="star-1")

    assert diff([first, second], [second, first]).is_empty


def test_a_model_that_was_not_there_is_new(a_model):
    old, added = a_model(), a_model(model_id="star-3")

    found = diff([old], [added, old])

    assert found.new == (added,)
    assert found.changed + found.deprecated + found.gone == ()


def test_a_model_that_is_there_no_more_is_gone(a_model):
    old, dropped = a_model(), a_model(model_id="star-1")

    found = diff([old, dropped], [old])

    assert found.gone == (dropped,)


def test_the_same_id_of_another_kind_is_another_model(a_model):
    found = diff([a_model()], [a_model(kind="seller")])

    assert [model.kind for model in found.new] == ["seller"]
    assert [model.kind for model in found.gone] == ["maker"]


def test_a_change_names_the_fields_that_differ(a_model):
    before = a_model()
    after = a_model(input_price=Decimal(2), vision=True)

    (change,) = diff([before], [after]).changed

    assert change.fields == ("vision", "input_price")
    assert (change.before, change.after) == (before, after)


def test_a_price_that_becomes_known_as_zero_is_a_change(a_model):
    found = diff([a_model(cache_write_price=None)], [a_model(cache_write_price=Decimal(0))])

    assert found.changed[0].fields == ("cache_write_price",)


def test_other_prices_of_long_requests_are_a_change(a_model):
    tier = Tier(200_000, Decimal(5), Decimal(15), None, None)

    found = diff([a_model()], [a_model(tiers=(tier,))])

    assert found.changed[0].fields == ("tiers",)


def test_the_same_price_written_otherwise_is_no_change(a_model):
    assert diff(
        [a_model(input_price=Decimal("2.50"))], [a_model(input_price=Decimal("2.5"))]
    ).is_empty


@pytest.mark.parametrize("unseen", [{"review": "look"}, {"source_url": "https://else.test"}])
def test_what_users_never_see_is_no_change(a_model, unseen):
    assert diff([a_model()], [a_model(**unseen)]).is_empty


def test_a_model_that_becomes_deprecated_is_told_apart_whatever_else_changed(a_model):
    after = a_model(status="deprecated", deprecated_on=date(2026, 12, 1), vision=True)

    found = diff([a_model()], [after])

    assert found.deprecated[0].fields == ("vision", "status", "deprecated_on")
    assert found.changed == ()


def test_a_model_that_was_deprecated_already_merely_changes(a_model):
    before = a_model(status="deprecated")

    found = diff([before], [a_model(status="deprecated", vision=True)])

    assert found.deprecated == ()
    assert found.changed[0].fields == ("vision",)
