from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Avg, Count
from django.db.models.functions import TruncHour

from accounts.tenancy.querysets import WalledQuerySet
from providers.health import Health, Observation
from providers.models.probing import Paid
from providers.models.provider import Provider
from providers.models.provider_model import ProviderModel


@dataclass(frozen=True, slots=True)
class Seen:
    """The checks of one hour that saw the same state, with their mean latency."""

    hour: datetime
    state: str
    checks: int
    latency_ms: float | None


class HealthCheckQuerySet(WalledQuerySet["HealthCheck"]):
    project_path = "provider__project"
    shows_shared = True

    def newest_first(self) -> Self:
        return self.order_by("-checked_at", "-pk")

    def by_hour(self, since: datetime) -> "list[Seen]":
        """Sum the checks up by hour and state; one row for each, however many checks."""
        rows = (
            self.filter(checked_at__gte=since)
            .annotate(hour=TruncHour("checked_at"))
            .order_by()
            .values_list("hour", "state")
            .annotate(checks=Count("pk"), latency_ms=Avg("latency_ms"))
        )
        return [Seen(*row) for row in rows]

    def expired(self, *, now: datetime) -> Self:
        return self.filter(checked_at__lt=now - HealthCheck.RETENTION)


class HealthCheck(models.Model):
    """What one check saw of a provider: appended, never changed, kept for a month.

    `model` is the one that a paid probe asked; a free one asks the provider itself.
    """

    RETENTION: ClassVar = timedelta(days=30)

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="checks")
    model = models.ForeignKey(
        ProviderModel, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    checked_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=Health)
    latency_ms = models.PositiveIntegerField(null=True)
    error_class = models.CharField(max_length=20, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    is_paid = models.BooleanField(default=False, db_default=False)
    cost = models.DecimalField(
        "cost in USD", max_digits=24, decimal_places=12, null=True, help_text="Empty: unknown."
    )

    objects = HealthCheckQuerySet.as_manager()

    class Meta:
        verbose_name = "health check"
        ordering = ("-checked_at", "-pk")
        indexes = (
            models.Index(fields=("provider", "-checked_at"), name="check_of_provider"),
            models.Index(fields=("checked_at",), name="check_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.get_state_display()} at {self.checked_at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def of(
        cls,
        provider: Provider,
        observation: Observation,
        *,
        at: datetime,
        paid: Paid | None = None,
    ) -> Self:
        """Append what was seen, and let the provider's live health follow.

        Where its project's monitor is off, it stays unknown: nobody would notice that it is well
        again, and it would be left out of routing for ever.
        """
        if Provider.objects.monitored().filter(pk=provider.pk).exists():
            provider.note_health(observation.health, observation.reason, now=at)
        else:
            provider.note_health(Health.UNKNOWN, "", now=at)
        return cls.objects.create(
            provider=provider,
            checked_at=at,
            state=observation.health,
            latency_ms=observation.latency_ms,
            error_class=observation.error_class,
            message=observation.message[:1000],
            model=ProviderModel.objects.filter(pk=paid.model_pk).first() if paid else None,
            is_paid=paid is not None,
            cost=paid.cost if paid else None,
        )
