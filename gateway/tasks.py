"""What workers do for cronjobs. Tasks carry ids, run twice safely, and are sent on commit."""

import structlog
from celery import shared_task
from django.db import transaction
from django.utils import timezone

from accounts.queueing import to_the_queue
from accounts.refusals import DependencyDown
from gateway.models import CronjobRun
from gateway.services import cronjob_runs

logger = structlog.get_logger(__name__)


@shared_task
def run_due_cronjobs() -> None:
    """Begin what is due and what was left behind; a second scheduler finds nothing left to do."""
    now = timezone.now()
    begun = [*cronjob_runs.take_due(now=now), *cronjob_runs.look_after(now=now)]
    for run in begun:
        try:
            _send(run)
        except DependencyDown:
            logger.warning("runs of cronjobs wait: the queue is away")
            return


@shared_task
def run_cronjob(*, run_id: int) -> None:
    """Do one run, unless another worker has it, and begin the one that has waited for it."""
    run = CronjobRun.objects.claim(run_id, now=timezone.now())
    if run is None:
        return
    cronjob_runs.perform(run)
    waiting = cronjob_runs.next_of(run)
    if waiting is not None:
        run_cronjob.apply_async(kwargs={"run_id": waiting.pk})


@shared_task
def forget_expired_runs() -> None:
    cronjob_runs.forget_expired(now=timezone.now())


def run_soon(run: CronjobRun) -> None:
    """Let a worker run it once the row is committed; raises DependencyDown then."""
    transaction.on_commit(lambda: _send(run))


def _send(run: CronjobRun) -> None:
    with to_the_queue():
        run_cronjob.apply_async(kwargs={"run_id": run.pk})
