"""Verbs on cronjobs: add, change, pause, resume, remove; each on record."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Epoch, Project
from gateway.models import Cronjob, Overlap, PinPolicy
from gateway.services.agents import racing
from providers.models import ProviderModel


@dataclass(frozen=True, slots=True)
class CronjobDraft:
    """What somebody wants a cronjob to be; without a pin it asks the task default.

    `keeps_gone_pin` leaves it pinned to a model that was deleted: its pin policy stays in force.
    """

    name: str
    schedule: str
    prompt: str
    time_zone: str = "UTC"
    system_prompt: str = ""
    pinned_model: ProviderModel | None = None
    pin_policy: str = PinPolicy.DEFAULT
    overlap: str = Overlap.SKIP
    keeps_gone_pin: bool = False


def add(draft: CronjobDraft, *, project: Project, by: Actor, now: datetime) -> Cronjob:
    """Store a new cronjob, due from now on.

    Raises ValidationError with each field's reason, and stores nothing then.
    """
    job = Cronjob(project=project, created_by=audit.person_of(by))
    with racing():
        _keep(job, draft, now=now)
        audit.record(by, "cronjobs:CreateCronjob", job, before=None, after=job.told())
    return job


def change(job: Cronjob, draft: CronjobDraft, *, by: Actor, now: datetime) -> None:
    """Make the cronjob what the draft says, from its next run on."""
    before = Cronjob.objects.get(pk=job.pk).told()
    with racing():
        _keep(job, draft, now=now)
        audit.record(by, "cronjobs:UpdateCronjob", job, before=before, after=job.told())
        Epoch.bump()  # a run that has begun is led where the pin is now


def draft_of(job: Cronjob) -> CronjobDraft:
    """Give what the cronjob is now, for a change of parts of it."""
    return CronjobDraft(
        name=job.name,
        schedule=job.schedule,
        prompt=job.prompt,
        time_zone=job.time_zone,
        system_prompt=job.system_prompt,
        pinned_model=job.pinned_model,
        pin_policy=job.pin_policy,
        overlap=job.overlap,
        keeps_gone_pin=job.has_gone_pin,
    )


@transaction.atomic
def pause(job: Cronjob, *, by: Actor) -> None:
    """Let it be due no more; a run that is under way goes on."""
    before = job.told()
    job.is_paused, job.next_run_at = True, None
    job.save(update_fields=["is_paused", "next_run_at"])
    audit.record(by, "cronjobs:PauseCronjob", job, before=before, after=job.told())


@transaction.atomic
def resume(job: Cronjob, *, by: Actor, now: datetime) -> None:
    """Let it be due again; what a pause has passed over is not made up for."""
    before = job.told()
    job.is_paused, job.next_run_at = False, job.times.next_after(now)
    job.save(update_fields=["is_paused", "next_run_at"])
    audit.record(by, "cronjobs:ResumeCronjob", job, before=before, after=job.told())


@transaction.atomic
def remove(job: Cronjob, *, by: Actor) -> None:
    """Delete it with its history; what it used stays on record."""
    audit.record(by, "cronjobs:DeleteCronjob", job, before=job.told(), after=None)
    job.delete()
    Epoch.bump()


def _keep(job: Cronjob, draft: CronjobDraft, *, now: datetime) -> None:
    was = (job.schedule, job.time_zone)
    job.name, job.schedule, job.time_zone = draft.name.strip(), draft.schedule, draft.time_zone
    job.prompt, job.system_prompt = draft.prompt, draft.system_prompt
    job.pin_policy, job.overlap = draft.pin_policy, draft.overlap
    if not (draft.keeps_gone_pin and job.has_gone_pin):
        _pin(job, draft.pinned_model)
    job.full_clean()
    if (job.schedule, job.time_zone) != was and not job.is_paused:
        job.next_run_at = job.times.next_after(now)
    job.save()


def _pin(job: Cronjob, model: ProviderModel | None) -> None:
    job.pinned_model = model
    job.pin_name = f"{model.provider.name}: {model.upstream_id}" if model else ""
