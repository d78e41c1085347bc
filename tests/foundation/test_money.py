from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.money import price_label


@pytest.mark.parametrize(
    ("price", "label"),
    [
        (None, "—"),
        (Decimal(0), "Free"),
        (Decimal("0.000000"), "Free"),
        (Decimal("-0"), "Free"),
        (Decimal("2.5"), "$2.50"),
        (Decimal("2.50000000"), "$2.50"),
        (Decimal(15), "$15.00"),
        (Decimal("0.075"), "$0.075"),
        (Decimal("0.0375"), "$0.0375"),
        (Decimal("0.03751"), "$0.0375"),
        (Decimal("0.0001"), "$0.0001"),
        (Decimal("0.00009"), "<$0.0001"),
        (Decimal("1E-12"), "<$0.0001"),
        (Decimal("1E+3"), "$1,000.00"),
        (Decimal("1234567.891"), "$1,234,567.891"),
    ],
)
def test_a_price_reads_as_people_write_it(price, label):
    assert price_label(price) == label


@pytest.mark.parametrize("price", ["-0.01", "-1", "NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_price_is_refused(price):
    with pytest.raises(ValueError, match="zero or more"):
        price_label(Decimal(price))


@given(st.decimals(min_value=Decimal("1E-9"), max_value=Decimal(10**9), allow_nan=False))
def test_a_price_above_zero_never_reads_as_free_or_unknown_or_zero(price):
    label = price_label(price)

    assert "$" in label
    assert any(digit in label for digit in "123456789")


@given(st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(10**9), allow_nan=False))
def test_a_label_is_within_half_of_the_last_shown_decimal(price):
    shown = Decimal(price_label(price).removeprefix("$").replace(",", ""))

    assert abs(shown - price) <= Decimal("0.00005")
