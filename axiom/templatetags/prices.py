"""Prices and sizes as people read them."""

from decimal import Decimal

from django.template import Library

from foundation.money import price_label, spent_label
from providers.panels.sizes import size_label

register = Library()


@register.filter
def price(value: Decimal | None) -> str:
    """Show USD per million tokens: `—` when unknown, `Free` for zero."""
    return price_label(value)


@register.filter
def usd(cost: Decimal | None) -> str:
    """Show what was spent: `—` when unknown, `$0.00` for nothing."""
    return spent_label(cost)


@register.filter
def tokens(count: int | None) -> str:
    """Show a number of tokens: `128K`, `1M`; `—` when unknown."""
    return size_label(count)
