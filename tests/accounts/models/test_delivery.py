from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import DeliveryState, EmailDelivery
from accounts.models.delivery import GIVEN_UP_AFTER, HANDED_OUT_AGAIN, LEASE, next_attempt
from tests.factories import make_notice

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@given(st.integers(1, 40), st.floats(0.75, 1.25))
def test_the_wait_grows_within_its_bounds_and_ends_after_a_day(attempts, chance):
    again = next_attempt(attempts, begun_at=NOW, now=NOW, spread=lambda *_: chance)

    assert again is not None
    assert timedelta(seconds=22) <= again - NOW <= timedelta(hours=5)
    late = NOW + GIVEN_UP_AFTER - SECOND
    assert next_attempt(attempts, begun_at=NOW, now=late, spread=lambda *_: chance) is None


def test_a_day_of_failures_is_about_a_dozen_attempts():
    now, attempts = NOW, 0

    while now:
        attempts += 1
        now = next_attempt(attempts, begun_at=NOW, now=now, spread=lambda *_: 1)

    assert 10 <= attempts <= 16


@pytest.fixture
def delivery(project):
    make_notice(project, at=NOW)
    return EmailDelivery.objects.get()


def fresh(delivery):
    return EmailDelivery.objects.get(pk=delivery.pk)


@pytest.mark.django_db
def test_what_is_due_is_handed_out_to_one_asker_and_found_again_where_it_was_lost(delivery):
    assert EmailDelivery.objects.hand_out(now=NOW) == [delivery.pk]
    assert EmailDelivery.objects.hand_out(now=NOW + SECOND) == []
    assert EmailDelivery.objects.hand_out(now=NOW + HANDED_OUT_AGAIN) == [delivery.pk]


@pytest.mark.django_db
def test_one_worker_sends_at_a_time_and_a_killed_ones_lease_ends(delivery):
    first = EmailDelivery.objects.take(delivery.pk, now=NOW)

    assert first.attempts == 1
    assert EmailDelivery.objects.take(delivery.pk, now=NOW + SECOND) is None
    assert EmailDelivery.objects.take(delivery.pk, now=NOW + LEASE + SECOND).attempts == 2


@pytest.mark.django_db
def test_what_was_sent_is_not_taken_again_and_a_late_word_changes_nothing(delivery):
    slow = EmailDelivery.objects.take(delivery.pk, now=NOW)
    quick = EmailDelivery.objects.take(delivery.pk, now=NOW + LEASE + SECOND)
    quick.note_sent("", now=NOW + LEASE + 2 * SECOND)

    slow.note_failed("It came too late.", now=NOW + LEASE + 3 * SECOND)

    assert fresh(delivery).state == DeliveryState.SENT
    assert EmailDelivery.objects.take(delivery.pk, now=NOW + timedelta(hours=1)) is None


@pytest.mark.django_db
def test_a_failure_is_put_off_with_its_reason_and_given_up_after_a_day(delivery):
    taken = EmailDelivery.objects.take(delivery.pk, now=NOW)
    assert taken.note_failed("busy", now=NOW) is False
    kept = fresh(delivery)
    assert (kept.state, kept.message, kept.lease_until) == ("pending", "busy", None)
    assert kept.due_at > NOW

    later = NOW + GIVEN_UP_AFTER
    taken = EmailDelivery.objects.take(delivery.pk, now=later)
    assert taken.note_failed("still busy", now=later) is True
    assert (fresh(delivery).state, fresh(delivery).finished_at) == ("failed", later)
