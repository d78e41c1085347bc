"""Runs of cronjobs: which are due, and one run through the gateway, from prompt to ledger.

A run calls the project's own gateway as any client does, with a pass that names the cronjob:
routing, attempts, limits and the ledger are the gateway's. One run bears each due time, over all
workers; a prompt is sent once, so what was lost with a worker is told and not sent again.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.refusals import Refused
from gateway.formats.conversing import Conversation, Said, Speaker
from gateway.models import Cronjob, CronjobRun, Overlap, PinPolicy, RunState, Trigger
from gateway.models.cronjob_run import MOST_OUTPUT
from gateway.passes import Pass
from gateway.routing import TASK_NAME
from gateway.services.inside import Event, InsideCall, line_of, told
from usage.entries import KindOfUse

MOST_AT_ONCE: Final = 500
LATE: Final = timedelta(minutes=2)
LONGEST_S: Final = 900.0  # of one answer
LEDGER_WITHIN_S: Final = 5.0

_NOTED_EVERY_S: Final = 10.0
_FILLED_IN_FOR: Final = timedelta(hours=1)
_LOST: Final = (
    "The worker that ran it was lost. It is not run again by itself: whether the provider "
    "answered is in Usage."
)


def take_due(*, now: datetime) -> list[CronjobRun]:
    """Queue a run for each cronjob whose time has come, and give those to begin now.

    What was missed while nothing ran is made up for by one run.
    """
    taken = (_take(job, now=now) for job in Cronjob.objects.due(now=now).with_pin()[:MOST_AT_ONCE])
    return [run for run in taken if run is not None]


def look_after(*, now: datetime) -> list[CronjobRun]:
    """Say of lost runs that they are lost; give the queued ones that nobody has begun."""
    for run in CronjobRun.objects.lost(now=now):
        run.end(RunState.FAILED, _LOST, now=now)
    for run in _without_numbers(now=now):
        fill_in(run)
    return list(CronjobRun.objects.forgotten(now=now)[:MOST_AT_ONCE])


def forget_expired(*, now: datetime) -> int:
    """Delete the runs that are older than their retention; tells how many."""
    return CronjobRun.objects.expired(now=now).delete()[0]


def run_now(job: Cronjob, *, by: Actor, now: datetime) -> CronjobRun:
    """Queue a run by hand; raises Refused where one is under way, or nothing may run."""
    if job.is_held:
        raise Refused(
            f"{job.name} is on hold: {job.pin_name} is gone or disabled. Choose another model.",
            code="cronjob_held",
        )
    with transaction.atomic():
        Cronjob.objects.select_for_update().get(pk=job.pk)
        if job.runs.unfinished().exists():
            raise Refused(f"{job.name} is running already.", code="cronjob_running")
        run = CronjobRun.objects.create(
            cronjob=job, trigger=Trigger.PERSON, scheduled_for=now, queued_at=now
        )
        audit.record(by, "cronjobs:RunCronjob", job, before=None, after={"run": run.public_id})
    return run


def next_of(run: CronjobRun) -> CronjobRun | None:
    """Give the run that has waited for this one to end."""
    waiting = CronjobRun.objects.filter(cronjob=run.cronjob_id, state=RunState.QUEUED)
    return waiting.order_by("scheduled_for").first()


def perform(run: CronjobRun) -> None:
    """Send the prompt, and keep what comes of it; calls out: not inside a transaction."""
    job = run.cronjob
    if job.lacks_pin and job.pin_policy != PinPolicy.DEFAULT:
        message = f"The model that it is pinned to, {job.pin_name}, is gone or disabled."
        run.end(RunState.FAILED, message, now=timezone.now())
        return
    failure = _heard(run, told(_call_of(job)))
    fill_in(run, within_s=LEDGER_WITHIN_S)
    state = RunState.FAILED if failure else RunState.SUCCEEDED
    run.end(state, failure, now=timezone.now())


def fill_in(run: CronjobRun, *, within_s: float = 0.0) -> None:
    """Take the numbers of the ledger's line over, which is written a moment after the answer."""
    row = line_of(run.request_id, within_s=within_s)
    if row is None:
        return
    run.provider_name, run.model = row.provider_name, row.model
    run.attempts, run.cost, run.latency_ms = row.attempts, row.cost, row.latency_ms
    run.input_tokens, run.output_tokens = row.prompt_tokens, row.generated_tokens
    run.save(update_fields=["provider_name", "model", *CronjobRun.NUMBERS])


def _call_of(job: Cronjob) -> InsideCall:
    """Ask the task default by name; a pin leads elsewhere, whatever the name."""
    held = Pass("", job.project.public_id, KindOfUse.CRON, cronjob_id=job.public_id)
    said = (Said(Speaker.USER, job.prompt),)
    return InsideCall(held, job.project, Conversation(TASK_NAME, said, job.system_prompt))


def _take(job: Cronjob, *, now: datetime) -> CronjobRun | None:
    due = job.next_run_at
    with transaction.atomic():
        if due is None or not Cronjob.objects.move_on(job, job.times.next_after(now)):
            return None
        if job.is_held:
            return None
        trigger = Trigger.CATCH_UP if now - due > LATE else Trigger.SCHEDULE
        return _queued(job, due, trigger, now=now)


def _queued(job: Cronjob, due: datetime, trigger: Trigger, *, now: datetime) -> CronjobRun | None:
    """Queue the run of a due time; None where it is skipped, or waits for the one before."""
    under_way = set(job.runs.unfinished().values_list("state", flat=True))
    why = ""
    if under_way and job.overlap == Overlap.SKIP:
        why = "Skipped: the run before was still under way."
    elif RunState.QUEUED in under_way:
        why = "Skipped: another run was waiting already."
    values = {"trigger": trigger, "queued_at": now}
    if why:
        values |= {"state": RunState.SKIPPED, "message": why, "ended_at": now}
    run, is_new = CronjobRun.objects.get_or_create(cronjob=job, scheduled_for=due, defaults=values)
    return run if is_new and not under_way else None


def _heard(run: CronjobRun, events: Iterator[Event]) -> str:
    """Keep what is said, as far as there is room; gives what went wrong, if anything."""
    pieces, kept, failure = [], 0, ""
    began = noted = time.monotonic()
    for event in events:
        match event["type"]:
            case "begun":
                run.request_id = event["requestId"]
            case "text" if kept < MOST_OUTPUT:
                pieces.append(event["text"])
                kept += len(event["text"])
            case "failed":
                failure = event["message"]
                run.request_id = run.request_id or event.get("requestId", "")
        now = time.monotonic()
        if now - began >= LONGEST_S:
            failure = f"It was broken off after {LONGEST_S / 60:.0f} minutes."
            break
        if now - noted >= _NOTED_EVERY_S:
            noted = now
            run.go_on(now=timezone.now())
    text = "".join(pieces)
    run.output, run.is_cut = text[:MOST_OUTPUT], kept >= MOST_OUTPUT
    return failure


def _without_numbers(*, now: datetime) -> Iterator[CronjobRun]:
    lately = CronjobRun.objects.filter(ended_at__gte=now - _FILLED_IN_FOR, latency_ms=None)
    return lately.exclude(request_id="")[:MOST_AT_ONCE].iterator()
