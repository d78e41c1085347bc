"""The rows of cronjobs: when each is due, what answers it, how the last run went."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from accounts.authority import Principal
from accounts.panels.people import lacking
from foundation.panels import MenuItem, Way
from gateway.models import Cronjob, CronjobRun, PinPolicy, RunState
from gateway.schedules import Schedule, ScheduleInvalid

ACTIVE: Final = "active"
COMING: Final = 3
HISTORY: Final = 50
_LOOKS: Final = {
    RunState.SUCCEEDED: "is-good",
    RunState.FAILED: "is-bad",
    RunState.SKIPPED: "is-warning",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a schedule says, while it is typed: words and next times, or what is wrong."""

    words: str = ""
    coming: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RunRow:
    run: CronjobRun

    @property
    def look(self) -> str:
        return _LOOKS.get(RunState(self.run.state), "")

    @property
    def opening(self) -> str:
        """The first line of what came, for a list."""
        lines = self.run.output.strip().splitlines()
        return lines[0][:120] if lines else ""


@dataclass(frozen=True, slots=True)
class CronjobRow:
    job: Cronjob
    last: RunRow | None
    url: str
    menu: tuple[MenuItem, ...]

    @property
    def words(self) -> str:
        return self.job.times.words

    @property
    def coming(self) -> tuple[str, ...]:
        job = self.job
        if self.state != ACTIVE or job.next_run_at is None:
            return ()
        later = job.times.coming(job.next_run_at, COMING - 1)
        return tuple(_shown(each) for each in (job.next_run_at.astimezone(job.times.zone), *later))

    @property
    def target(self) -> str:
        """What answers it at its next run."""
        pin = self.job.usable_pin
        return f"{pin.provider.name}: {pin.upstream_id}" if pin else "Task default"

    @property
    def trouble(self) -> str:
        """What has become of a pin that is gone, in one sentence."""
        job = self.job
        if not job.lacks_pin:
            return ""
        gone = f"{job.pin_name} is gone or disabled"
        return {
            PinPolicy.DEFAULT: f"{gone}: the task default answers.",
            PinPolicy.FAIL: f"{gone}: each run fails.",
            PinPolicy.HOLD: f"{gone}: nothing runs until you choose another model.",
        }[PinPolicy(job.pin_policy)]

    @property
    def state(self) -> str:
        if self.job.is_paused:
            return "paused"
        return "on hold" if self.job.is_held else ACTIVE


def preview_of(expression: str, time_zone: str, *, now: datetime) -> Preview:
    """Say what was typed in words, with the next three times."""
    if not expression.strip():
        return Preview()
    try:
        schedule = Schedule.read(expression, time_zone, now=now)
    except ScheduleInvalid as error:
        return Preview(problem=str(error))
    coming = schedule.coming(now, COMING)
    return Preview(schedule.words, tuple(_shown(each) for each in coming))


def cronjob_rows(jobs: Iterable[Cronjob], principal: Principal) -> tuple[CronjobRow, ...]:
    """Give each cronjob a row; they come `with_pin`. One query, however many."""
    found = list(jobs)
    newest = CronjobRun.objects.filter(cronjob=OuterRef("cronjob")).newest_first()
    last = CronjobRun.objects.filter(cronjob__in=found, pk=Subquery(newest.values("pk")[:1])).defer(
        "output"
    )
    runs = {run.cronjob_id: RunRow(run) for run in last}
    return tuple(
        CronjobRow(job, runs.get(job.pk), _url(job, "change"), _menu(job, principal))
        for job in found
    )


def history_of(job: Cronjob) -> tuple[RunRow, ...]:
    return tuple(RunRow(run) for run in job.runs.newest_first()[:HISTORY])


def _menu(job: Cronjob, principal: Principal) -> tuple[MenuItem, ...]:
    lacks = lacking(principal, "cronjobs:UpdateCronjob", job)
    held = f"{job.pin_name} is gone or disabled." if job.is_held else ""
    pause = ("Resume", "resume") if job.is_paused else ("Pause", "pause")
    return (
        MenuItem("View", _url(job, "change"), Way.OPEN),
        MenuItem("Run now", _url(job, "run"), Way.DO, lacks or held),
        MenuItem(pause[0], _url(job, pause[1]), Way.DO, lacks),
        MenuItem("Edit", _url(job, "edit"), Way.ASK, lacks),
        MenuItem(
            "Delete",
            _url(job, "delete"),
            Way.ASK,
            lacking(principal, "cronjobs:DeleteCronjob", job),
            is_dangerous=True,
        ),
    )


def _shown(moment: datetime) -> str:
    return f"{moment:%a %d %b %Y, %H:%M %Z}"


def _url(job: Cronjob, page: str) -> str:
    return reverse(f"admin:gateway_cronjob_{page}", args=[job.public_id])
