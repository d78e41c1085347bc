"""Which runs are due, once each; what overlaps, what is made up for, what is lost."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.refusals import Refused
from gateway import tasks
from gateway.models import Cronjob, CronjobRun, Overlap, PinPolicy, RunState, Trigger
from gateway.services import cronjob_runs, cronjobs
from tests.factories import make_cronjob, make_provider
from tests.factories import make_project as a_project

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def project():
    return a_project()


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """Catch what is handed to the queue: ids of runs."""
    caught = []

    def catch(_task, kwargs=None, **_more):
        caught.append(kwargs["run_id"])

    monkeypatch.setattr("celery.Task.apply_async", catch)
    return caught


def hourly(project, *, at=NINE, **fields):
    """Make a cronjob that is due at `at`, and then each hour."""
    job = make_cronjob(project, **fields)
    Cronjob.objects.filter(pk=job.pk).update(next_run_at=at)
    job.refresh_from_db()
    return job


def states(job):
    return list(job.runs.order_by("scheduled_for").values_list("state", flat=True))


def begun(run, *, at=NINE):
    claimed = CronjobRun.objects.claim(run.pk, now=at)
    assert claimed is not None
    return claimed


def test_a_due_time_makes_one_run_however_many_schedulers_look(project):
    job = hourly(project)

    assert cronjob_runs.take_due(now=NINE - MINUTE) == []
    soon = NINE + timedelta(seconds=40)  # no catch-up yet
    (run,) = cronjob_runs.take_due(now=soon)
    assert cronjob_runs.take_due(now=soon) == []

    assert (run.scheduled_for, run.trigger, run.state) == (NINE, Trigger.SCHEDULE, "queued")
    job.refresh_from_db()
    assert job.next_run_at == NINE + HOUR


def test_two_schedulers_that_saw_the_same_row_make_one_run(project):
    job = hourly(project)
    twin = Cronjob.objects.with_pin().get(pk=job.pk)

    first = cronjob_runs._take(Cronjob.objects.with_pin().get(pk=job.pk), now=NINE)
    second = cronjob_runs._take(twin, now=NINE)

    assert first is not None
    assert second is None
    assert job.runs.count() == 1


def test_what_was_missed_is_made_up_for_once(project):
    job = hourly(project)

    (run,) = cronjob_runs.take_due(now=NINE + 8 * HOUR + MINUTE)

    assert (run.scheduled_for, run.trigger) == (NINE, Trigger.CATCH_UP)
    job.refresh_from_db()
    assert job.next_run_at == NINE + 9 * HOUR
    assert job.runs.count() == 1


def test_paused_ones_and_those_of_archived_projects_are_not_due(project):
    paused, archived = hourly(project), hourly(a_project())
    cronjobs.pause(paused, by=None)
    type(project).objects.filter(pk=archived.project_id).update(is_archived=True)

    assert cronjob_runs.take_due(now=NINE + HOUR) == []


def test_a_pause_is_not_made_up_for(project):
    job = hourly(project)
    cronjobs.pause(job, by=None)
    assert job.next_run_at is None

    cronjobs.resume(job, by=None, now=NINE + 5 * HOUR + MINUTE)

    assert job.next_run_at == NINE + 6 * HOUR


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        (Overlap.SKIP, [RunState.RUNNING, RunState.SKIPPED, RunState.SKIPPED]),
        (Overlap.QUEUE, [RunState.RUNNING, RunState.QUEUED, RunState.SKIPPED]),
    ],
)
def test_a_run_that_is_due_while_another_is_under_way(project, overlap, expected):
    job = hourly(project, overlap=overlap)
    (first,) = cronjob_runs.take_due(now=NINE)
    begun(first)

    assert cronjob_runs.take_due(now=NINE + HOUR) == []
    assert cronjob_runs.take_due(now=NINE + 2 * HOUR) == []

    assert states(job) == expected
    skipped = job.runs.filter(state=RunState.SKIPPED).last()
    assert "Skipped" in skipped.message
    assert skipped.is_finished


def test_what_was_queued_begins_when_the_one_before_has_ended(project, monkeypatch, sent):
    job = hourly(project, overlap=Overlap.QUEUE)
    (first,) = cronjob_runs.take_due(now=NINE)
    running = begun(first)
    cronjob_runs.take_due(now=NINE + HOUR)
    second = job.runs.get(state=RunState.QUEUED)
    assert CronjobRun.objects.claim(second.pk, now=NINE + HOUR) is None

    running.end(RunState.SUCCEEDED, now=NINE + HOUR)
    monkeypatch.setattr(cronjob_runs, "perform", lambda run: run.end(RunState.FAILED, now=NINE))
    third = CronjobRun.objects.create(
        cronjob=job, scheduled_for=NINE + 2 * HOUR, queued_at=NINE + 2 * HOUR
    )
    tasks.run_cronjob(run_id=second.pk)

    assert sent == [third.pk]
    assert states(job)[:2] == [RunState.SUCCEEDED, RunState.FAILED]


def test_two_workers_do_a_run_once(project):
    hourly(project)
    (run,) = cronjob_runs.take_due(now=NINE)

    begun(run)

    assert CronjobRun.objects.claim(run.pk, now=NINE) is None


def test_a_run_that_died_with_its_worker_is_found_and_said_and_not_run_again(project, sent):
    job = hourly(project)
    (run,) = cronjob_runs.take_due(now=NINE)
    begun(run)

    assert cronjob_runs.look_after(now=NINE + 2 * MINUTE) == []
    assert states(job) == [RunState.RUNNING]
    assert cronjob_runs.look_after(now=NINE + 4 * MINUTE) == []

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "The worker that ran it was lost" in run.message


def test_a_run_whose_message_was_lost_is_sent_again(project):
    hourly(project)
    (run,) = cronjob_runs.take_due(now=NINE)

    assert cronjob_runs.look_after(now=NINE + timedelta(seconds=30)) == []
    assert cronjob_runs.look_after(now=NINE + 2 * MINUTE) == [run]


def test_a_late_end_of_a_run_that_was_taken_for_lost_changes_nothing(project):
    hourly(project)
    (run,) = cronjob_runs.take_due(now=NINE)
    late = begun(run)
    cronjob_runs.look_after(now=NINE + 4 * MINUTE)

    assert not late.end(RunState.SUCCEEDED, now=NINE + 5 * MINUTE)
    assert not late.go_on(now=NINE + 5 * MINUTE)


def test_run_now_is_refused_while_a_run_is_under_way(project):
    job = hourly(project)
    run = cronjob_runs.run_now(job, by=None, now=NINE)
    assert (run.trigger, run.state) == (Trigger.PERSON, RunState.QUEUED)

    with pytest.raises(Refused, match="is running already"):
        cronjob_runs.run_now(job, by=None, now=NINE + MINUTE)
    job.refresh_from_db()
    assert job.next_run_at == NINE


def test_a_paused_one_can_be_run_by_hand(project):
    job = hourly(project)
    cronjobs.pause(job, by=None)

    assert cronjob_runs.run_now(job, by=None, now=NINE).trigger == Trigger.PERSON


# Pins and their policies.


@pytest.fixture
def pinned(project):
    """Make a cronjob that is pinned to the second of a provider's models."""
    provider = make_provider(project, name="Groq", models=("a", "b"))

    def make(policy):
        return hourly(project, pinned_model=provider.models.get(upstream_id="b"), pin_policy=policy)

    return make


def again(job):
    return Cronjob.objects.with_pin().get(pk=job.pk)


def gone(job):
    job.pinned_model.delete()
    return again(job)


def disabled(job):
    job.pinned_model.disable()
    return again(job)


@pytest.mark.parametrize("policy", PinPolicy)
def test_a_pin_that_is_there_is_used_whatever_its_policy(pinned, policy):
    job = again(pinned(policy))

    assert job.usable_pin.upstream_id == "b"
    assert not job.lacks_pin
    assert not job.is_held
    assert len(cronjob_runs.take_due(now=NINE)) == 1


@pytest.mark.parametrize("lose", [gone, disabled])
def test_without_its_model_a_pin_with_default_runs_with_the_task_default(pinned, lose):
    job = lose(pinned(PinPolicy.DEFAULT))

    assert job.lacks_pin
    assert job.usable_pin is None
    assert len(cronjob_runs.take_due(now=NINE)) == 1


@pytest.mark.parametrize("lose", [gone, disabled])
def test_without_its_model_a_pin_with_fail_fails_each_run_and_sends_nothing(pinned, lose):
    job = lose(pinned(PinPolicy.FAIL))
    (run,) = cronjob_runs.take_due(now=NINE)

    cronjob_runs.perform(begun(run))

    run.refresh_from_db()
    assert (run.state, run.request_id) == (RunState.FAILED, "")
    assert "Groq: b, is gone or disabled" in run.message
    assert job.runs.count() == 1


@pytest.mark.parametrize("lose", [gone, disabled])
def test_without_its_model_a_pin_with_hold_runs_nothing(pinned, lose):
    job = lose(pinned(PinPolicy.HOLD))

    assert cronjob_runs.take_due(now=NINE) == []
    with pytest.raises(Refused, match="is on hold: Groq: b is gone or disabled"):
        cronjob_runs.run_now(job, by=None, now=NINE)
    assert not job.runs.exists()
    job.refresh_from_db()
    assert job.next_run_at == NINE + HOUR


def test_a_held_one_goes_on_when_its_model_is_enabled_again(pinned):
    job = disabled(pinned(PinPolicy.HOLD))
    assert cronjob_runs.take_due(now=NINE) == []

    job.pinned_model.enable()

    assert len(cronjob_runs.take_due(now=NINE + HOUR)) == 1


def test_runs_are_kept_for_ninety_days(project):
    job = hourly(project)
    (run,) = cronjob_runs.take_due(now=NINE)
    begun(run).end(RunState.SUCCEEDED, now=NINE)

    assert cronjob_runs.forget_expired(now=NINE + timedelta(days=89)) == 0
    assert cronjob_runs.forget_expired(now=NINE + timedelta(days=91)) == 1
    assert not job.runs.exists()
