"""Prices as people read them."""

from decimal import Decimal

_UNKNOWN = "—"
_FREE = "Free"
_SMALLEST_SHOWN = Decimal("0.0001")
_CENT_DIGITS = 2


def spent_label(cost: Decimal | None) -> str:
    """Show what was spent: as a price, but nothing spent reads ``$0.00``."""
    return "$0.00" if cost == 0 else price_label(cost)


def price_label(price: Decimal | None) -> str:
    """Show a price in US dollars: ``—`` when unknown, ``Free`` for zero, else ``$2.50``.

    Two to four decimals; anything smaller reads ``<$0.0001`` so that it is never taken for free.
    Raises ValueError for a price that is negative or not a number.
    """
    if price is None:
        return _UNKNOWN
    if not price.is_finite() or price < 0:
        raise ValueError(f"A price is zero or more, not {price}.")
    if price == 0:
        return _FREE
    if price < _SMALLEST_SHOWN:
        return f"<${_SMALLEST_SHOWN}"
    whole, decimals = f"{price:,.4f}".split(".")
    return f"${whole}.{decimals.rstrip('0').ljust(_CENT_DIGITS, '0')}"
