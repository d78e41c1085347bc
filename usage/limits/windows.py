"""A limit's window in the database, begun where it is not there yet."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from usage.limits.rules import Rule, span_of
from usage.models.buckets import DayBucket, FreshBucket
from usage.models.limit_window import LimitWindow

# The column of the ledger's sums that a subject stands in, by the prefix of its id.
_COLUMNS = {"prj": "project_public_id", "agt": "agent_public_id", "key": "key_public_id"}


def window_of(rule: Rule, at: datetime) -> LimitWindow:
    """Find the window that a moment is in; a new one has what the ledger has of it already.

    Call it within a transaction. What the ledger gets in that very moment without having set
    anything aside may be left out: every later call is counted by its own line.
    """
    starts_at, ends_at = span_of(rule.measure, at)
    window, is_new = LimitWindow.objects.get_or_create(
        limit=rule.id,
        starts_at=starts_at,
        defaults={
            "project_id": rule.project_pk,
            "name": rule.name,
            "subject": rule.subject,
            "measure": rule.measure.value,
            "amount": rule.amount,
            "is_shadow": rule.is_shadow,
            "ends_at": ends_at,
        },
    )
    if is_new and rule.measure.is_money:
        window.spent = _spent_in(window)
        window.save(update_fields=["spent"])
    return window


def _spent_in(window: LimitWindow) -> Decimal:
    """Add up the ledger's sums; a call is in exactly one of the two sizes."""
    subject = {
        "project": window.project_id,
        _COLUMNS[window.subject.partition("_")[0]]: window.subject,
    }
    total = Decimal(0)
    for size in (FreshBucket, DayBucket):
        rows = size.objects.between(window.starts_at, window.ends_at).filter(**subject)
        total += rows.aggregate(spent=Sum("cost"))["spent"] or Decimal(0)
    return total
