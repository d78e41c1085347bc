"""What gateways report of rates: how often a limit refused, and how full it was at most."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from usage.limits import alerts
from usage.limits.rules import Rule
from usage.limits.windows import window_of
from usage.models.limit_window import LimitWindow


@dataclass(slots=True)
class Note:
    """What one process has seen of a limit since it last told; `peak` is in percent."""

    rule: Rule
    refused: int = 0
    would_refuse: int = 0
    peak: Decimal = Decimal(0)


def note(notes: Iterable[Note], *, now: datetime) -> None:
    """Add reports to the day's, and tell of thresholds that were crossed."""
    with transaction.atomic():
        for told in sorted(notes, key=lambda one: one.rule.id):
            begun = window_of(told.rule, now)
            window = LimitWindow.objects.in_order().get(pk=begun.pk)
            window.refused += told.refused
            window.would_refuse += told.would_refuse
            alerts.tell(window, told.peak, at=now)
            window.save(update_fields=["refused", "would_refuse", "told"])
