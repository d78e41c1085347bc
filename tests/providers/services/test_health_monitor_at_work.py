"""The monitor over a simulated day: the clock is passed in, so a day takes no time."""

from datetime import timedelta

import pytest

from accounts.models import Epoch
from providers.health import Event, Mode
from providers.models import (
    HealthCheck,
    ProjectRouting,
    RoutingEvent,
)
from providers.services import connections, monitor, routing
from tests.providers.services.days import AWAY, MIDNIGHT, MINUTE, SLOW, WELL

pytestmark = pytest.mark.django_db


def test_a_day_through_outage_fallback_flapping_and_recovery(day):
    day.run(60 * MINUTE)
    assert (day.routing.mode, day.told()) == (Mode.NORMAL, [])

    day.answers[day.primary.pk] = AWAY
    day.run(6 * MINUTE)
    assert day.routing.is_falling_back
    assert day.told() == [Event.TO_FALLBACK, Event.HEALTHY_TO_DOWN]

    for answer in (WELL, WELL, AWAY, WELL, SLOW, WELL, WELL):  # two in a row are not enough
        day.answers[day.primary.pk] = answer
        day.run(MINUTE, every=MINUTE)
    assert day.routing.is_falling_back

    day.answers[day.primary.pk] = WELL
    day.run(3 * MINUTE)
    assert day.routing.mode == Mode.NORMAL
    assert day.notices() == [
        *(Event.TO_FALLBACK, Event.HEALTHY_TO_DOWN, Event.BACK_TO_PRIMARY),
    ]


def test_both_are_checked_every_interval_and_the_primary_alone_while_falling_back(day):
    day.run(11 * MINUTE, every=timedelta(seconds=3))
    seen = [(pk, at) for pk, at in day.probed]
    expected = [timedelta(0), 5 * MINUTE, 10 * MINUTE]

    assert [at for pk, at in seen if pk == day.primary.pk] == expected
    assert [at for pk, at in seen if pk == day.spare.pk] == expected

    day.answers[day.primary.pk] = AWAY
    day.run(5 * MINUTE, every=timedelta(seconds=3))
    day.probed.clear()
    day.run(3 * MINUTE, every=timedelta(seconds=3))
    assert [pk for pk, _ in day.probed] == [day.primary.pk] * 3


def test_checks_do_not_drift_where_the_scheduler_comes_late(day):
    day.tick()
    for late_s in (7, 11, 2):
        due = day.routing.next_check_at
        day.now = due + timedelta(seconds=late_s)
        day.tick()
        assert day.routing.next_check_at - due == 5 * MINUTE


def test_what_was_missed_in_a_night_is_made_up_for_once(day):
    day.tick()
    day.now += timedelta(hours=8, seconds=20)

    day.tick()
    day.tick()

    assert len(day.probed) == 4  # both, at the beginning and once after the night
    assert (day.routing.next_check_at - MIDNIGHT) % (5 * MINUTE) == timedelta(0)


def test_a_second_scheduler_finds_nothing_left_to_do(day):
    due = ProjectRouting.objects.due(now=day.now).get()

    assert ProjectRouting.objects.put_off(due, day.now + MINUTE)
    assert not ProjectRouting.objects.put_off(due, day.now + MINUTE)
    assert monitor.take_due(now=day.now) == []


def test_a_worker_that_is_killed_in_a_check_changes_nothing(day, monkeypatch):
    def killed(_provider, *, now):
        raise SystemExit

    before = day.routing.state
    monkeypatch.setattr(connections, "probe", killed)
    with pytest.raises(SystemExit):
        day.tick()

    assert (day.routing.state, HealthCheck.objects.count(), day.told()) == (before, 0, [])


def test_a_switch_moves_the_epoch_that_gateways_follow_and_a_check_alone_does_not(day):
    day.run(MINUTE)
    calm = Epoch.current()
    day.run(10 * MINUTE)
    assert Epoch.current() == calm

    day.answers[day.primary.pk] = AWAY
    day.run(6 * MINUTE)
    assert Epoch.current() > calm


def test_without_a_fallback_it_stays_and_says_so_once(day):
    routing.choose(day.routing.project, {"fallback_model": None}, by=None)
    day.answers[day.primary.pk] = AWAY

    day.run(30 * MINUTE)

    assert day.routing.mode == Mode.NORMAL
    assert day.notices() == [Event.NO_FALLBACK]
    assert "no fallback is set: choose one" in RoutingEvent.objects.get().message


def test_a_fallback_that_is_down_itself_is_not_taken_until_it_is_well(day):
    day.answers[day.spare.pk] = AWAY
    day.run(MINUTE)
    day.answers[day.primary.pk] = AWAY
    day.run(11 * MINUTE)
    assert day.routing.mode == Mode.NORMAL

    day.answers[day.spare.pk] = WELL
    day.run(6 * MINUTE)
    assert day.routing.is_falling_back
