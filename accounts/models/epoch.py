from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Self

from django.db import connection, models, transaction
from django.db.models import F, Subquery, Value
from django.db.models.functions import Coalesce

from accounts import announcing, barrier

_ONLY_ROW = 1


class Epoch(models.Model):
    """One number that moves whenever routing or authority does, so caches know they are old."""

    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=_ONLY_ROW), name="epoch_has_one_row"),
        )

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def bump(cls) -> None:
        """Announce a change, in the transaction that makes it: both are seen at once or neither."""
        if not cls.objects.filter(pk=_ONLY_ROW).update(value=F("value") + 1):
            cls.objects.get_or_create(pk=_ONLY_ROW)
            cls.objects.filter(pk=_ONLY_ROW).update(value=F("value") + 1)
        _once_on_commit(announcing.announce_epoch)

    @classmethod
    def revoke(cls) -> None:
        """Announce a change that takes something away.

        Right after the commit, and before whoever asked for it is answered, this waits for every
        process that remembers what the database said (`accounts.barrier`).
        """
        cls.bump()
        _once_on_commit(barrier.wait)

    @classmethod
    def current(cls) -> int:
        return cls.objects.values_list("value", flat=True).filter(pk=_ONLY_ROW).first() or 0

    @classmethod
    def in_query(cls) -> Coalesce:
        """Give the number for a column of another query, which then tells it of its own moment."""
        value = cls.objects.filter(pk=_ONLY_ROW).values("value")
        return Coalesce(Subquery(value), Value(0), output_field=models.BigIntegerField())


class EpochReaderQuerySet(models.QuerySet["EpochReader"]):
    def alive(self, *, now: datetime) -> Self:
        return self.filter(seen_at__gte=now - EpochReader.ALIVE)

    def behind(self, epoch: int) -> Self:
        return self.filter(epoch__lt=epoch)


class EpochReader(models.Model):
    """A process that remembers what the database said, and up to which epoch it is right.

    It says so at once when the epoch has moved, and every few seconds; one that has not been
    heard of for longer is taken for dead.
    """

    HEARTBEAT_S: Final = 3.0
    ALIVE: Final = timedelta(seconds=10)
    FORGOTTEN: Final = timedelta(hours=1)

    name = models.CharField(max_length=100, unique=True)
    epoch = models.BigIntegerField()
    seen_at = models.DateTimeField()

    objects = EpochReaderQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def note(cls, name: str, epoch: int, *, now: datetime) -> None:
        """Confirm that a process has forgotten all that was true before an epoch."""
        if cls.objects.filter(name=name).update(epoch=epoch, seen_at=now):
            return
        cls.objects.filter(seen_at__lt=now - cls.FORGOTTEN).delete()
        cls.objects.update_or_create(name=name, defaults={"epoch": epoch, "seen_at": now})


def _once_on_commit(act: Callable[[], None]) -> None:
    """Queue it unless it was queued just before: a change may touch thousands of rows."""
    if not any(queued[1] is act for queued in connection.run_on_commit[-2:]):
        transaction.on_commit(act)
