"""When a budget will be used up, if it goes on like this. Pure."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from usage.models.limit_window import LimitWindow

_TELLING: Final = Decimal("0.1")  # how much of a window has to be over before it tells anything


def exhausted_at(window: LimitWindow, *, now: datetime) -> datetime | None:
    """Give the moment when a window's money is spent, at the pace so far; None where it lasts.

    What is spent already is exhausted now.
    """
    if window.spent >= window.amount:
        return now
    whole = window.ends_at - window.starts_at
    share = Decimal((now - window.starts_at) / whole)
    if share < _TELLING or not window.spent:
        return None
    full = share * window.amount / window.spent
    return window.starts_at + whole * float(full) if full < 1 else None
