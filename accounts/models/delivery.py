"""A notice on its way to somebody: tried until it arrives, given up after a day."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.db.models import F, Q

from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField

GIVEN_UP_AFTER: Final = timedelta(days=1)
LEASE: Final = timedelta(seconds=60)  # longer than one attempt may take
HANDED_OUT_AGAIN: Final = timedelta(minutes=2)  # where the task was lost on its way to a worker
MOST_AT_ONCE: Final = 200
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(hours=4)
_spread: Final = SystemRandom().uniform


class DeliveryState(models.TextChoices):
    PENDING = "pending", "pending"
    SENT = "sent", "sent"
    FAILED = "failed", "given up"


def next_attempt(
    attempts: int,
    *,
    begun_at: datetime,
    now: datetime,
    spread: Callable[[float, float], float] = _spread,
) -> datetime | None:
    """Say when to try again after so many attempts; None where a day has not been enough.

    The wait doubles from half a minute to four hours, a quarter of it left to chance so that those
    who failed together do not come back together.
    """
    wait = min(_FIRST_WAIT * 2 ** (attempts - 1), _LONGEST_WAIT)
    again = now + wait * spread(0.75, 1.25)
    return again if again < begun_at + GIVEN_UP_AFTER else None


class DeliveryQuerySet(WalledQuerySet[Any]):
    def pending(self) -> Self:
        return self.filter(state=DeliveryState.PENDING)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def hand_out(self, *, now: datetime) -> list[int]:
        """Give the keys of what is due, each to one asker; others find it again in two minutes."""
        due = self.pending().filter(due_at__lte=now).order_by("due_at", "pk")
        rows = due.values_list("pk", "due_at")[:MOST_AT_ONCE]
        return [
            pk
            for pk, due_at in rows
            if self.pending().filter(pk=pk, due_at=due_at).update(due_at=now + HANDED_OUT_AGAIN)
        ]

    def take(self, pk: int, *, now: datetime) -> Any:
        """Begin an attempt, unless it is over or somebody else is at it; None then."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        mine = self.pending().filter(free, pk=pk)
        if not mine.update(lease_until=now + LEASE, attempts=F("attempts") + 1):
            return None
        return self.with_what_is_sent().get(pk=pk)

    def with_what_is_sent(self) -> Self:
        return self


class Delivery(models.Model):
    """One notice to one recipient, sent by one worker at a time; it may arrive twice.

    A worker that dies while it sends leaves a lease, and another tries again when that is over.
    """

    public_id = PublicIdField(prefix="dlv")
    state = models.CharField(
        max_length=7, choices=DeliveryState, default=DeliveryState.PENDING, editable=False
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    message = models.CharField(max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    due_at = models.DateTimeField(editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    STATES: ClassVar = DeliveryState

    def note_sent(self, message: str, *, now: datetime) -> None:
        self._end(DeliveryState.SENT, message, now)

    def drop(self, why: str, *, now: datetime) -> None:
        """Give up at once: trying again would not help."""
        self._end(DeliveryState.FAILED, why, now)

    def note_failed(self, why: str, *, now: datetime) -> bool:
        """Put it off, or give it up after a day; tells whether it was given up."""
        again = next_attempt(self.attempts, begun_at=self.created_at, now=now)
        if again is None:
            return self._end(DeliveryState.FAILED, why, now)
        self._mine().update(due_at=again, lease_until=None, message=why[:500])
        return False

    def _end(self, state: DeliveryState, message: str, now: datetime) -> bool:
        ended = {"state": state, "message": message[:500], "finished_at": now, "lease_until": None}
        return bool(self._mine().update(**ended))

    def _mine(self) -> "models.QuerySet[Self]":
        """Keep the row while nobody has begun another attempt, so that a late word changes none."""
        rows = type(self)._default_manager.filter(pk=self.pk, attempts=self.attempts)
        return rows.filter(state=DeliveryState.PENDING)
