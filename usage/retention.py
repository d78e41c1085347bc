"""What the ledger forgets, and when: whole partitions where there are any, else small batches."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import connections, models, router

from usage import partitions
from usage.models import (
    Batch,
    DayBucket,
    HourBucket,
    LimitAlert,
    LimitWindow,
    MinutesBucket,
    UsageRecord,
    Writer,
)

BATCH: Final = 2_000

# Each model that grows, the moment by which it ages, and how it is cut on PostgreSQL. Months of
# sums stay for good: they are few.
AGEING: Final[Iterable[tuple[type[models.Model], str, partitions.Partitioned | None]]] = (
    (UsageRecord, "started_at", partitions.LEDGER),
    (MinutesBucket, "starts_at", partitions.MINUTES),
    (HourBucket, "starts_at", partitions.HOURS),
    (DayBucket, "starts_at", partitions.DAYS),
    (Writer, "seen_at", None),
    (Batch, "created_at", None),
    (LimitAlert, "at", None),
    (LimitWindow, "ends_at", None),
)


def keep_within(*, now: datetime) -> None:
    """Make room for what comes, and forget what is older than its model's retention."""
    for model, moment, part in AGEING:
        retention: timedelta = model.RETENTION  # type: ignore[attr-defined]
        connection = connections[router.db_for_write(model)]
        if part is not None and connection.vendor == partitions.VENDOR:
            partitions.keep(connection, part, now=now)
            partitions.drop(connection, part, before=now - retention)
        else:
            _delete_in_batches(model, **{f"{moment}__lt": now - retention})


def _delete_in_batches(model: type[models.Model], **older: datetime) -> None:
    """Delete a little at a time: a writer must never wait long for its turn."""
    rows = model._default_manager.filter(**older).order_by("pk")
    while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
        model._default_manager.filter(pk__in=ids).delete()
