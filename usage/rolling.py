"""Fresh sums become those of hours, days and months, each exactly once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from usage.models.buckets import (
    Bucket,
    DayBucket,
    FreshBucket,
    HourBucket,
    MinutesBucket,
    MonthBucket,
)
from usage.tallies import DIMENSIONS, MINUTES, SUMS, Key, Sum

MOST_AT_ONCE: Final = 1_000

_Start = Callable[[datetime], datetime]


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0)


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0)


def _month(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0)


_SIZES: Final[Sequence[tuple[type[Bucket], _Start]]] = (
    (MinutesBucket, lambda moment: moment),
    (HourBucket, _hour),
    (DayBucket, _day),
    (MonthBucket, _month),
)


def roll_up(*, now: datetime) -> int:
    """Roll up what began more than five minutes ago, and return how many buckets that were.

    Each batch moves in one transaction, so a task that is killed has moved it whole or not at
    all, and calls that come late simply make a fresh bucket again.
    """
    moved = 0
    while count := _move_some(now - timedelta(minutes=MINUTES)):
        moved += count
    return moved


def _move_some(until: datetime) -> int:
    with transaction.atomic():
        ended = FreshBucket.objects.filter(starts_at__lte=until).order_by("pk")
        rows = list(
            ended.select_for_update(skip_locked=True).values_list(
                "pk", "starts_at", *DIMENSIONS, *SUMS
            )[:MOST_AT_ONCE]
        )
        for model, start_of in _SIZES:
            model.objects.add(_summed(rows, start_of))
        FreshBucket.objects.filter(pk__in=[row[0] for row in rows]).delete()
    return len(rows)


def _summed(rows: Iterable[tuple[Any, ...]], start_of: _Start) -> dict[Key, list[Sum]]:
    first = 2 + len(DIMENSIONS)
    groups: dict[Key, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        groups[(start_of(row[1]), *row[2:first])].append(row[first:])
    return {key: list(map(sum, zip(*group, strict=True))) for key, group in groups.items()}
