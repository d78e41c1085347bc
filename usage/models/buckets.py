"""Sums of the ledger: of five minutes as calls are written, of hours, days and months later on.

A call's numbers are in exactly one of two places: in a fresh bucket, or, once that has been rolled
up, in each of the others. So any time's total is that of one size and of the fresh ones.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from django.db import connections, models, router, transaction

from accounts.models import Project
from accounts.permissions import Permission
from accounts.tenancy.querysets import WalledQuerySet
from usage.entries import KindOfUse
from usage.pricing import COST_DIGITS, COST_PLACES
from usage.tallies import DIMENSIONS, LATENCIES, SUMS, Key, Sum

_KEY: Final = (
    *("starts_at", "project_public_id", "provider_public_id", "model", "agent_public_id"),
    *("key_public_id", "user_public_id", "kind_of_use"),
)
_COLUMNS: Final = ("starts_at", *DIMENSIONS, *SUMS)
_LATEST: Final = tuple(name for name in DIMENSIONS if name not in _KEY)


class BucketQuerySet(WalledQuerySet["Bucket"]):
    """Whoever may read the ledger's lines may read their sums."""

    read_as = "usage.usagerecord"

    def between(self, first: datetime, last: datetime) -> Self:
        """Keep what starts at `first` or later, and before `last`."""
        return self.filter(starts_at__gte=first, starts_at__lt=last)

    def outside(self, first: datetime, last: datetime) -> Self:
        """Keep what starts before `first`, at `last` or later."""
        return self.filter(models.Q(starts_at__lt=first) | models.Q(starts_at__gte=last))

    def add(self, sums: Mapping[Key, list[Sum]]) -> None:
        """Add sums to those that are there, within the caller's transaction.

        In the order of their keys: two writers never wait for each other in a circle.
        """
        if not sums:
            return
        connection = connections[router.db_for_write(self.model)]
        adapted = connection.ops.adapt_datetimefield_value
        rows = [
            (adapted(starts_at), *dimensions, *sums[(starts_at, *dimensions)])
            for starts_at, *dimensions in sorted(sums, key=_in_order)
        ]
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.executemany(self._upsert(connection.ops.quote_name), rows)

    def _upsert(self, quoted: Callable[[str], str]) -> str:
        table = quoted(self.model._meta.db_table)
        names, key = ", ".join(map(quoted, _COLUMNS)), ", ".join(map(quoted, _KEY))
        places = ", ".join(["%s"] * len(_COLUMNS))
        added = [f"{name} = {table}.{name} + EXCLUDED.{name}" for name in map(quoted, SUMS)]
        latest = [f"{name} = EXCLUDED.{name}" for name in map(quoted, _LATEST)]
        return (
            f"INSERT INTO {table} ({names}) VALUES ({places}) "  # noqa: S608 - names of our own columns
            f"ON CONFLICT ({key}) DO UPDATE SET {', '.join(added + latest)}"
        )

    def _visible_to_person(self, user: Any, permission: Permission) -> Self:
        """Go by projects alone: sums are of many lines, and nobody is granted one of them."""
        if user.is_staff:
            return self.all()
        return self.filter(project__in=self._projects_read_by(user, permission))


def _in_order(key: Key) -> list[str]:
    return list(map(str, key))


class Bucket(models.Model):
    """What went through in one stretch of time, by who, what and why; names are the latest."""

    RETENTION: ClassVar[timedelta | None] = None

    starts_at = models.DateTimeField()
    # No constraint in the database: sums never fail because their project has just gone.
    project = models.ForeignKey(
        Project,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    project_public_id = models.CharField(max_length=20)
    key_public_id = models.CharField(max_length=20, blank=True)
    key_name = models.CharField(max_length=100, blank=True)
    agent_public_id = models.CharField(max_length=20, blank=True)
    agent_name = models.CharField(max_length=100, blank=True)
    user_public_id = models.CharField(max_length=20, blank=True)
    user_name = models.CharField(max_length=254, blank=True)
    provider_public_id = models.CharField(max_length=20, blank=True)
    provider_name = models.CharField(max_length=100, blank=True)
    provider_kind = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=200, blank=True)
    kind_of_use = models.CharField(
        max_length=10, choices=[(kind.value, kind.value) for kind in KindOfUse]
    )
    requests = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    estimated = models.BigIntegerField(default=0)
    partial = models.BigIntegerField(default=0)
    unpriced = models.BigIntegerField(
        default=0, help_text="Of the requests, those whose cost is unknown."
    )
    attempts = models.BigIntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cache_read_tokens = models.BigIntegerField(default=0)
    cache_write_tokens = models.BigIntegerField(default=0)
    reasoning_tokens = models.BigIntegerField(default=0)
    cost = models.DecimalField(
        "cost in USD", max_digits=COST_DIGITS + 6, decimal_places=COST_PLACES, default=0
    )
    latency_ms = models.BigIntegerField("sum of latencies in ms", default=0)
    ttft_ms = models.BigIntegerField("sum of times to first token in ms", default=0)
    with_ttft = models.BigIntegerField("requests whose time to first token is known", default=0)

    objects = BucketQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = (models.UniqueConstraint(fields=_KEY, name="%(class)s_is_one"),)
        indexes = (
            models.Index(fields=("project", "starts_at"), name="%(class)s_of_project"),
            models.Index(fields=("provider_public_id", "starts_at"), name="%(class)s_of_provider"),
        )

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.model}: {self.requests}"


# How many calls were as fast as each bound of usage.tallies: columns, so that databases add them.
for _name in LATENCIES:
    models.IntegerField(default=0).contribute_to_class(Bucket, _name)


class FreshBucket(Bucket):
    """Five minutes that have not been rolled up; the roll-up empties it, so it keeps nothing."""


class MinutesBucket(Bucket):
    """Five minutes."""

    RETENTION = timedelta(days=40)


class HourBucket(Bucket):
    RETENTION = timedelta(days=400)


class DayBucket(Bucket):
    RETENTION = timedelta(days=3_660)


class MonthBucket(Bucket):
    """A month; its few rows stay for good."""
