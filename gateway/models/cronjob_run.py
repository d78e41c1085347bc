from datetime import datetime, timedelta
from typing import ClassVar, Final, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Q

from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from gateway.models.cronjob import Cronjob
from usage.pricing import COST_DIGITS, COST_PLACES

MOST_OUTPUT: Final = 100_000  # characters of an answer that are kept


class RunState(models.TextChoices):
    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"
    SKIPPED = "skipped", "skipped"


class Trigger(models.TextChoices):
    SCHEDULE = "schedule", "schedule"
    CATCH_UP = "catch_up", "made up for"
    PERSON = "person", "by hand"


class CronjobRunQuerySet(WalledQuerySet["CronjobRun"]):
    project_path = "cronjob__project"

    def newest_first(self) -> Self:
        return self.order_by("-scheduled_for", "-pk")

    def unfinished(self) -> Self:
        return self.filter(state__in=CronjobRun.UNFINISHED)

    def forgotten(self, *, now: datetime) -> Self:
        """Keep those that wait for a worker without any other run in their way."""
        busy = CronjobRun.objects.filter(cronjob=models.OuterRef("cronjob"), state=RunState.RUNNING)
        waiting = self.filter(state=RunState.QUEUED, queued_at__lt=now - CronjobRun.PATIENCE)
        return waiting.exclude(models.Exists(busy))

    def lost(self, *, now: datetime) -> Self:
        """Keep those whose worker has not been heard of."""
        return self.filter(state=RunState.RUNNING, lease_until__lt=now)

    def expired(self, *, now: datetime) -> Self:
        done = self.exclude(state__in=CronjobRun.UNFINISHED)
        return done.filter(queued_at__lt=now - CronjobRun.RETENTION)

    def claim(self, pk: int, *, now: datetime) -> "CronjobRun | None":
        """Begin a queued run, unless another of its cronjob's is under way; once over all workers.

        The constraint of the table decides between two that begin at the same moment.
        """
        busy = CronjobRun.objects.filter(cronjob=models.OuterRef("cronjob"), state=RunState.RUNNING)
        mine = self.filter(pk=pk, state=RunState.QUEUED).exclude(models.Exists(busy))
        begun = {
            "state": RunState.RUNNING,
            "started_at": now,
            "lease_until": now + CronjobRun.LEASE,
        }
        try:
            with transaction.atomic():
                if not mine.update(**begun):
                    return None
        except IntegrityError:
            return None
        return self.select_related("cronjob__project", "cronjob__pinned_model__provider").get(pk=pk)


class CronjobRun(models.Model):
    """One run of a cronjob: when it was due, what came of it, what it cost.

    The output is kept up to 100,000 characters. Numbers are those of the ledger's line, None while
    that is not written, or where nothing is known.
    """

    UNFINISHED: ClassVar = (RunState.QUEUED, RunState.RUNNING)
    LEASE: ClassVar = timedelta(minutes=3)  # longer than a provider may be silent
    PATIENCE: ClassVar = timedelta(minutes=1)
    RETENTION: ClassVar = timedelta(days=90)

    public_id = PublicIdField(prefix="run")
    cronjob = models.ForeignKey(Cronjob, on_delete=models.CASCADE, related_name="runs")
    trigger = models.CharField(max_length=8, choices=Trigger, default=Trigger.SCHEDULE)
    state = models.CharField(max_length=9, choices=RunState, default=RunState.QUEUED)
    scheduled_for = models.DateTimeField()
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    output = models.TextField(blank=True)
    is_cut = models.BooleanField(default=False)
    message = models.CharField(max_length=1000, blank=True, help_text="Why there is no answer.")
    request_id = models.CharField(max_length=20, blank=True)
    provider_name = models.CharField(max_length=100, blank=True)
    model = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(null=True)
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cost = models.DecimalField(
        "cost in USD", max_digits=COST_DIGITS, decimal_places=COST_PLACES, null=True
    )
    latency_ms = models.PositiveIntegerField(null=True)

    objects = CronjobRunQuerySet.as_manager()

    class Meta:
        ordering = ("-scheduled_for", "-pk")
        verbose_name = "run of a cronjob"
        verbose_name_plural = "runs of cronjobs"
        indexes = (
            models.Index(fields=("cronjob", "-scheduled_for"), name="run_of_cronjob"),
            models.Index(fields=("state", "queued_at"), name="run_waiting"),
        )
        constraints = (
            models.UniqueConstraint(fields=("cronjob", "scheduled_for"), name="run_once_at_a_time"),
            models.UniqueConstraint(
                fields=("cronjob",), condition=Q(state="running"), name="one_run_under_way"
            ),
        )

    def __str__(self) -> str:
        return f"{self.cronjob} at {self.scheduled_for:%Y-%m-%d %H:%M}"

    @property
    def is_finished(self) -> bool:
        return self.state not in self.UNFINISHED

    @property
    def duration_s(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    def go_on(self, *, now: datetime) -> bool:
        """Hold the lease on; False where the run was taken for lost."""
        mine = type(self).objects.filter(pk=self.pk, state=RunState.RUNNING)
        return bool(mine.update(lease_until=now + self.LEASE))

    def end(self, state: RunState, message: str = "", *, now: datetime) -> bool:
        """Close it, once, with what it holds; False where it was closed before."""
        kept = ("output", "is_cut", "request_id", "provider_name", "model", *self.NUMBERS)
        values = {name: getattr(self, name) for name in kept}
        mine = type(self).objects.filter(pk=self.pk, state__in=self.UNFINISHED)
        has_ended = mine.update(
            state=state, message=message[:1000], ended_at=now, lease_until=None, **values
        )
        self.refresh_from_db()
        return bool(has_ended)

    NUMBERS: ClassVar = ("attempts", "input_tokens", "output_tokens", "cost", "latency_ms")
