from datetime import datetime
from typing import Final, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import Project
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from gateway.models.facade import access_grants
from gateway.schedules import LONGEST, Schedule, ScheduleInvalid
from providers.models import ModelKind, ProviderModel

LONGEST_PROMPT: Final = 100_000
_LONGEST_NAME: Final = 320  # of a provider and a model, with a colon between


class PinPolicy(models.TextChoices):
    """What becomes of a cronjob whose pinned model is gone or disabled."""

    DEFAULT = "default", "Run with the task default"
    FAIL = "fail", "Fail each run"
    HOLD = "hold", "Hold: run nothing until there is a model"


class Overlap(models.TextChoices):
    """What becomes of a run that is due while the one before is still under way."""

    SKIP = "skip", "Skip it"
    QUEUE = "queue", "Run it afterwards, one at the most"


class CronjobQuerySet(WalledQuerySet["Cronjob"]):
    def by_name(self) -> Self:
        return self.order_by(Lower("name"), "pk")

    def with_pin(self) -> Self:
        return self.select_related("project", "pinned_model__provider__project")

    def due(self, *, now: datetime) -> Self:
        """Keep those whose time has come, of projects that are not archived."""
        running = self.filter(is_paused=False, project__is_archived=False)
        return running.filter(next_run_at__lte=now).order_by("next_run_at", "pk")

    def move_on(self, job: "Cronjob", until: datetime | None) -> bool:
        """Set when it is due next, once for each time over all workers."""
        mine = self.filter(pk=job.pk, next_run_at=job.next_run_at, is_paused=False)
        return bool(mine.update(next_run_at=until))


class Cronjob(TenantModel):
    """A prompt that is sent through the gateway at set times, with nobody there.

    `pin_name` stays when the pinned model is deleted: so it is known that there was one.
    """

    public_id = PublicIdField(prefix="crn")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="cronjobs")
    name = models.CharField(max_length=100)
    schedule = models.CharField(max_length=LONGEST, help_text="Five fields, as cron has them.")
    time_zone = models.CharField(max_length=64, default="UTC")
    system_prompt = models.TextField(max_length=LONGEST_PROMPT, blank=True)
    prompt = models.TextField(max_length=LONGEST_PROMPT)
    pinned_model = models.ForeignKey(
        ProviderModel, on_delete=models.SET_NULL, null=True, blank=True, related_name="cronjobs"
    )
    pin_name = models.CharField(max_length=_LONGEST_NAME, blank=True, editable=False)
    pin_policy = models.CharField(max_length=7, choices=PinPolicy, default=PinPolicy.DEFAULT)
    overlap = models.CharField(max_length=5, choices=Overlap, default=Overlap.SKIP)
    is_paused = models.BooleanField("paused", default=False)
    next_run_at = models.DateTimeField("next run", null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CronjobQuerySet.as_manager()

    class Meta:
        ordering = (Lower("name"), "pk")
        indexes = (models.Index(fields=("is_paused", "next_run_at"), name="cronjob_due"),)
        constraints = (
            models.UniqueConstraint(
                "project",
                Lower("name"),
                name="cronjob_name_unique_in_project",
                violation_error_message="This project already has a cronjob of that name.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self._refuse_taken_name()
        try:
            self.schedule = self.read_schedule(now=timezone.now()).expression
        except ScheduleInvalid as error:
            raise ValidationError({error.field: str(error)}) from error
        if self.pinned_model:
            self._refuse_unfit_pin(self.pinned_model)

    def read_schedule(self, *, now: datetime) -> Schedule:
        return Schedule.read(self.schedule, self.time_zone, now=now)

    @property
    def times(self) -> Schedule:
        """Its schedule as it was stored, which is a valid one."""
        return Schedule(self.schedule, ZoneInfo(self.time_zone))

    @property
    def has_pin(self) -> bool:
        return bool(self.pin_name)

    @property
    def has_gone_pin(self) -> bool:
        """Whether the model that it is pinned to was deleted."""
        return self.has_pin and self.pinned_model_id is None

    @property
    def usable_pin(self) -> ProviderModel | None:
        """The pinned model, while it is there and enabled; it comes `with_pin`."""
        pin = self.pinned_model
        return pin if pin and pin.is_enabled and pin.provider.is_active else None

    @property
    def lacks_pin(self) -> bool:
        """Whether the model that it was pinned to is gone, or disabled."""
        return self.has_pin and self.usable_pin is None

    @property
    def is_held(self) -> bool:
        return self.lacks_pin and self.pin_policy == PinPolicy.HOLD

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a cronjob."""
        return {
            "name": self.name,
            "schedule": self.schedule,
            "timeZone": self.time_zone,
            "prompt": self.prompt[:200],
            "systemPrompt": self.system_prompt[:200],
            "pinnedModel": self.pin_name or None,
            "pinPolicy": self.pin_policy,
            "overlap": self.overlap,
            "isPaused": self.is_paused,
        }

    def _refuse_taken_name(self) -> None:
        same = Cronjob.objects.filter(project=self.project_id, name__iexact=self.name.strip())
        if same.exclude(pk=self.pk).exists():
            raise ValidationError({"name": "This project already has a cronjob of that name."})

    def _refuse_unfit_pin(self, model: ProviderModel) -> None:
        provider = model.provider
        if provider.project_id not in {None, self.project_id}:
            raise ValidationError({"pinned_model": "Choose a model of this project."})
        if model.kind != ModelKind.CHAT:
            reason = f"{model} makes embeddings: choose a chat model."
            raise ValidationError({"pinned_model": reason})
        is_granted = access_grants().filter(project=self.project_id, provider=provider).exists()
        if provider.project_id is None and not is_granted:
            reason = f"{provider.name} is shared, and not granted to this project."
            raise ValidationError({"pinned_model": reason})
        kept = Cronjob.objects.filter(pk=self.pk, pinned_model=model).exists()
        if not kept and not (model.is_enabled and provider.is_active):
            raise ValidationError({"pinned_model": f"{model} is disabled: enable it first."})
