"""Work that outlives its page: claimed once, finished once, never lost with a worker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from providers.models import Operation, Provider
from providers.models.operation import (
    FEW_AT_ONCE,
    LEASE_S,
    MOST_AT_ONCE,
    PATIENCE_S,
)
from providers.models.server_work import ATTEMPTS
from providers.services import operations
from tests.factories import make_project, make_provider, make_user

pytestmark = pytest.mark.django_db

State = Operation.State
WORKER = "celery@one"


@pytest.fixture
def operation():
    provider = make_provider(make_project())
    model = provider.models.get()
    return Operation.start(Operation.Verb.TEST_MODEL, model, by=make_user())


def claim(operation, *, worker=WORKER, at=None):
    return Operation.objects.claim(operation.pk, worker=worker, now=at or timezone.now())


def test_an_operation_belongs_to_the_project_of_its_target(operation):
    provider = Provider.objects.get()

    assert operation.project == provider.project
    assert operation.state == State.QUEUED


def test_only_one_worker_gets_it(operation):
    first, second = claim(operation), claim(operation, worker="celery@two")

    assert first.state == State.RUNNING
    assert second is None


def test_a_lease_that_ran_out_lets_the_next_worker_have_it(operation):
    begun = timezone.now()
    claim(operation, at=begun)

    taken = claim(operation, worker="celery@two", at=begun + timedelta(seconds=LEASE_S + 1))

    assert taken.worker == "celery@two"
    assert taken.attempts == 2


def test_a_finished_operation_is_not_claimed_again(operation):
    with claim(operation).reporting():
        pass

    assert claim(operation) is None


def test_what_the_work_says_is_kept(operation):
    with claim(operation).reporting() as running:
        running.message = "Connected."
        running.result = {"ok": True}

    operation.refresh_from_db()
    assert (operation.state, operation.message) == (State.SUCCEEDED, "Connected.")
    assert operation.result == {"ok": True}
    assert operation.done == operation.total
    assert operation.finished_at is not None


def test_work_that_breaks_ends_as_failed_with_a_sentence(operation):
    with pytest.raises(ZeroDivisionError), claim(operation).reporting():
        _ = 1 / 0

    operation.refresh_from_db()
    assert operation.state == State.FAILED
    assert "its log says why" in operation.message
    assert "division" not in operation.message


def test_a_worker_that_comes_back_too_late_changes_nothing(operation):
    begun = timezone.now()
    slow = claim(operation, at=begun)
    later = begun + timedelta(seconds=LEASE_S + 1)
    quick = claim(operation, worker="celery@two", at=later)
    quick.finish(State.SUCCEEDED, message="Connected.")

    slow.finish(State.FAILED, message="Too late.")

    operation.refresh_from_db()
    assert (operation.state, operation.message) == (State.SUCCEEDED, "Connected.")


def test_a_worker_takes_up_what_its_earlier_life_left(operation):
    claim(operation)

    ready = operations.left_by(WORKER, now=timezone.now())

    assert ready == [operation]
    operation.refresh_from_db()
    assert operation.state == State.QUEUED


def test_a_worker_leaves_alone_what_others_are_at(operation):
    claim(operation, worker="celery@two")

    assert operations.left_by(WORKER, now=timezone.now()) == []


@pytest.mark.parametrize("is_begun", [True, False])
def test_what_nobody_is_at_any_more_is_queued_again(operation, is_begun):
    begun = timezone.now()
    if is_begun:
        claim(operation, at=begun)

    ready = operations.abandoned(now=begun + timedelta(seconds=LEASE_S + PATIENCE_S))

    assert ready == [operation]


def test_what_is_being_worked_at_is_not_abandoned(operation):
    begun = timezone.now()
    claim(operation, at=begun)

    assert operations.abandoned(now=begun + timedelta(seconds=LEASE_S - 1)) == []


def test_work_that_killed_its_worker_often_enough_ends_as_failed(operation):
    for _ in range(ATTEMPTS):
        assert claim(operation)
        operations.left_by(WORKER, now=timezone.now())

    operation.refresh_from_db()
    assert operation.state == State.FAILED
    assert "Try it again" in operation.message


def queued_for(provider, count):
    model = provider.models.get()
    return [Operation.start(Operation.Verb.TEST_MODEL, model, by=None) for _ in range(count)]


def claimed(wanted):
    return [operation for operation in wanted if claim(operation)]


def test_a_provider_that_has_not_answered_lately_gets_few_calls_at_once():
    waiting = queued_for(make_provider(), FEW_AT_ONCE + 3)

    assert claimed(waiting) == waiting[:FEW_AT_ONCE]


def test_a_provider_that_answers_gets_more_of_them():
    first, *others = queued_for(make_provider(), MOST_AT_ONCE + 3)
    running = claim(first)
    running.result = {"ok": True}
    running.finish(State.SUCCEEDED, message="Connected.")

    assert claimed(others) == others[:MOST_AT_ONCE]


def test_a_hanging_provider_does_not_hold_up_another():
    claimed(queued_for(make_provider(), MOST_AT_ONCE))
    other = queued_for(make_provider(), 1)

    assert claimed(other) == other


def test_what_waits_in_line_is_called_when_there_is_room():
    provider = make_provider()
    waiting = queued_for(provider, FEW_AT_ONCE + 1)
    running = [claim(operation) for operation in waiting[:FEW_AT_ONCE]]

    assert list(Operation.objects.next_in(provider.public_id, now=timezone.now())) == []
    running[0].finish(State.FAILED, message="It failed.")
    assert list(Operation.objects.next_in(provider.public_id, now=timezone.now())) == [waiting[-1]]
