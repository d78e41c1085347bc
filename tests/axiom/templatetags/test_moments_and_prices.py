"""Times, prices and sizes as people read them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from axiom.templatetags.moments import ago, exactly, lasting
from axiom.templatetags.prices import price, tokens


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=12, seconds=5), "12 minutes ago"),
        (timedelta(hours=1, seconds=5), "1 hour ago"),
        (timedelta(days=1, hours=3), "yesterday"),
        (timedelta(days=22), "3 weeks ago"),
        (timedelta(days=-2, seconds=-30), "in 2 days"),
        (timedelta(seconds=-20), "in a moment"),
    ],
)
def test_a_moment_is_told_in_one_unit(age, words):
    assert ago(timezone.now() - age) == words


def test_a_moment_that_never_was_is_told_so():
    assert ago(None) == "never"
    assert exactly(None) == ""
    assert lasting(None) == ""


@pytest.mark.parametrize(
    ("age", "words"),
    [(timedelta(seconds=5), "less than a minute"), (timedelta(minutes=12), "12 minutes")],
)
def test_a_state_lasts_for_a_readable_time(age, words):
    assert lasting(timezone.now() - age) == words


def test_the_exact_time_names_its_zone():
    moment = timezone.now().replace(2026, 11, 20, 11, 5, 9)

    assert exactly(moment) == "2026-11-20 11:05:09 UTC"


@pytest.mark.parametrize(
    ("count", "words"),
    [(None, "—"), (900, "900"), (128_000, "128K"), (922_000, "922K"), (1_048_576, "1.05M")],
)
def test_a_size_is_short(count, words):
    assert tokens(count) == words


def test_a_price_is_unknown_free_or_a_price():
    assert [price(value) for value in (None, Decimal(0), Decimal("2.5"))] == ["—", "Free", "$2.50"]
