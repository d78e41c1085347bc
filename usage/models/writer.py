"""The loss meter: calls that gateways saw, against those that the ledger has."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple, Self

from django.db import models
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce


class Seen(NamedTuple):
    """What one gateway has seen at one moment. All else that it saw has to be in the ledger."""

    calls: int
    under_way: int
    waiting: int  # ended, in memory or on disk, and not in the database yet


class WriterQuerySet(models.QuerySet["Writer"]):
    def note_recorded(self, names: Iterable[str]) -> None:
        """Count lines that have just come into the ledger, in the transaction that writes them."""
        for name, lines in sorted(Counter(name for name in names if name).items()):
            if not self.filter(name=name).update(recorded=F("recorded") + lines):
                self.get_or_create(name=name)
                self.filter(name=name).update(recorded=F("recorded") + lines)

    def note_seen(self, name: str, seen: Seen, *, at: datetime, has_ended: bool = False) -> None:
        """Remember what a gateway has seen so far; done twice, nothing is counted twice."""
        values = {
            "seen": seen.calls,
            "under_way": seen.under_way,
            "waiting": seen.waiting,
            "seen_at": at,
            "has_ended": has_ended,
        }
        self.update_or_create(name=name, defaults=values)

    def alive(self, *, now: datetime) -> Self:
        """Keep the gateways that have been heard of lately and have not ended."""
        return self.filter(has_ended=False, seen_at__gt=now - Writer.ALIVE)

    def lost(self) -> int:
        """Add up what was seen, has ended or was cut short by a kill, and is in no line.

        Lines that wait in batches are on their way. One statement counts both: none is posted
        in between.
        """
        from usage.models.batch import Batch  # noqa: PLC0415 - it stands on the ledger, and that here

        batches = Batch.objects.waiting().filter(writer=OuterRef("name")).order_by()
        lines = batches.values("writer").annotate(lines=Sum("count")).values("lines")
        rows = self.exclude(seen_at=None).annotate(handed_over=Coalesce(Subquery(lines), 0))
        accounted = F("recorded") + F("under_way") + F("waiting") + F("handed_over")
        sums: dict[str, int] = rows.aggregate(lost=Coalesce(Sum(F("seen") - accounted), 0))
        return sums["lost"]


class Writer(models.Model):
    """One life of a gateway process."""

    RETENTION: ClassVar = timedelta(days=400)
    ALIVE: ClassVar = timedelta(seconds=10)

    name = models.CharField(max_length=20, unique=True)
    seen = models.BigIntegerField(default=0)
    recorded = models.BigIntegerField(default=0)
    under_way = models.BigIntegerField(default=0)
    waiting = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    has_ended = models.BooleanField(default=False)

    objects = WriterQuerySet.as_manager()

    class Meta:
        verbose_name = "writer of the ledger"
        verbose_name_plural = "writers of the ledger"

    def __str__(self) -> str:
        return self.name
