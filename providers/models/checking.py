"""What is checked: its live health, and the one lease on looking at it."""

from datetime import datetime, timedelta
from typing import Self, TypeVar

from django.db import models

from accounts.models import Epoch
from accounts.tenancy.querysets import WalledQuerySet
from providers.health import Health
from providers.kinds.registry import KINDS

CHECK_LEASE_S = 45  # longer than a check's call takes, with a token fetched before it
CHECK_PATIENCE_S = 60  # a check that was asked for longer ago is taken for lost

Row = TypeVar("Row", bound="Checked")


class CheckedQuerySet(WalledQuerySet[Row]):
    def awaiting_check(self) -> Self:
        """Keep those that a check was asked for, and none has begun since."""
        unchecked = models.Q(health_checked_at=None)
        stale = models.Q(health_checked_at__lt=models.F("health_asked_at"))
        return self.filter(unchecked | stale, health_asked_at__isnull=False)

    def not_checked_since(self, moment: datetime) -> Self:
        """Keep those that nobody has checked, or asked to check, since a moment."""
        unchecked = models.Q(health_checked_at=None) | models.Q(health_checked_at__lt=moment)
        unasked = models.Q(health_asked_at=None) | models.Q(health_asked_at__lt=moment)
        return self.filter(unchecked, unasked)

    def monitored(self) -> Self:
        """Leave out those of a project whose health monitor is off: only people check them."""
        return self.exclude(project__routing__is_monitored=False)

    def followed(self) -> Self:
        """Keep those whose list of models routing follows."""
        slugs = [kind.slug for kind in KINDS.values() if kind.installs_models]
        return self.filter(kind__in=slugs)

    def forget_health(self) -> int:
        """Let nothing be known of their health; the caller announces that routing changes."""
        return self.update(health=Health.UNKNOWN, health_reason="", health_since=None)

    def being_checked(self, *, now: datetime) -> Self:
        """Keep those whose check is still to be expected."""
        patient_since = now - timedelta(seconds=CHECK_PATIENCE_S)
        return self.awaiting_check().filter(health_asked_at__gt=patient_since)

    def ask_check(self, *, now: datetime | None) -> int:
        """Note that a check was asked for; None takes it back."""
        return self.update(health_asked_at=now)

    def take_for_check(self, pk: int, *, now: datetime) -> "Row | None":
        """Hold the one lease on checking it; None where another worker does, or nobody asked."""
        free = models.Q(health_lease_until=None) | models.Q(health_lease_until__lt=now)
        until = now + timedelta(seconds=CHECK_LEASE_S)
        taken = self.filter(free, pk=pk).update(health_lease_until=until)
        return self.model._default_manager.get(pk=pk) if taken else None


class Checked(models.Model):
    """Has a health that checks and live traffic set, and who asks for a check is on the row."""

    health = models.CharField(max_length=12, choices=Health, default=Health.UNKNOWN, editable=False)
    health_reason = models.CharField(max_length=500, blank=True, editable=False)
    health_since = models.DateTimeField(null=True, editable=False)
    health_checked_at = models.DateTimeField(null=True, editable=False)
    health_asked_at = models.DateTimeField(null=True, editable=False)
    health_lease_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_unwell(self) -> bool:
        """Whether the last that was seen of it calls for somebody's attention."""
        return self.health not in {Health.UNKNOWN, Health.REACHABLE}

    def note_health(self, health: Health, reason: str, *, now: datetime) -> None:
        """Remember what a check saw; `health_since` moves only when the health does."""
        if self.health != health:
            self.health_since = now
        if Health(self.health).is_down != health.is_down:
            Epoch.bump()  # who is down is left out of routing
        self.health, self.health_reason = health, reason[:500]
        self.save(update_fields=["health", "health_reason", "health_since"])

    def is_being_checked(self, *, now: datetime) -> bool:
        """Whether a check was asked for and is still to be expected."""
        asked, checked = self.health_asked_at, self.health_checked_at
        if asked is None or (checked is not None and checked >= asked):
            return False
        return asked > now - timedelta(seconds=CHECK_PATIENCE_S)

    def end_check(self, *, asked_at: datetime | None, now: datetime) -> None:
        """Let go of the lease; the check counts for what was asked before it began."""
        self.health_checked_at = max(now, asked_at or now)
        self.health_lease_until = None
        self.save(update_fields=["health_checked_at", "health_lease_until"])
