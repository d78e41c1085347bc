"""A whole day of the health monitor in seconds: beat's own schedule, its tasks, and our clock.

Everything reads the clock by itself here, and the day's clock is time-machine's. Beats at which
nothing can be due are left out: there are 28,800 of them.
"""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from celery.beat import Scheduler
from django.utils import timezone

from accounts.models import Notice
from axiom.celery import app
from axiom.schedule import SCHEDULE
from providers import live_traffic, tasks
from providers.health import Event, Mode
from providers.live_traffic import Observed
from providers.models import HealthCheck, ProjectRouting, RoutingEvent
from providers.services import connections, routing
from tests.factories import make_project, make_provider
from tests.providers.services.days import AWAY, SLOW, WELL

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
A_MOMENT_S = 0.01  # the scheduler wakes up so much earlier than it has to
CLIENTS_FAIL_AT = MIDNIGHT + timedelta(hours=15, minutes=3, seconds=30)


def of_main(now):
    """Say how the active model's provider answers: an outage, a flap, a blip, a slow hour."""
    if time(3, 1) <= now < time(3, 20):
        return AWAY
    if time(9, 0) <= now < time(9, 7):
        return WELL if now.minute % 2 else AWAY
    if time(12, 10) <= now < time(12, 18):
        return AWAY  # between two checks, and no client asks
    if time(20, 0) <= now < time(20, 30):
        return AWAY
    return SLOW if time(22, 0) <= now < time(23, 0) else WELL


def of_spare(now):
    return AWAY if time(19, 0) <= now < time(21, 0) else WELL


class Eager(Scheduler):
    """Celery's scheduler, whose tasks are done at once: there is no broker."""

    producer = None

    def apply_async(self, entry, **_options):
        app.tasks[entry.task].apply(throw=True)


class Beat:
    """What Axiom has the scheduler do for health, at its own due times."""

    def __init__(self, clock, committing):
        self.clock, self.committing = clock, committing
        self.scheduler = Eager(app=app, lazy=True)
        self.scheduler.merge_inplace({"watch health": SCHEDULE["watch health"]})

    def run_until(self, end):
        while timezone.now() < end:
            with self.committing(execute=True):
                wait_s = max(self.scheduler.tick(), A_MOMENT_S)
            following = timezone.now() + timedelta(seconds=wait_s)
            self.clock.move_to(max(following, self._next_due()))

    def _next_due(self):
        due = ProjectRouting.objects.get().next_check_at
        return min(due, CLIENTS_FAIL_AT) if timezone.now() < CLIENTS_FAIL_AT else due


@pytest.fixture
def clock():
    with time_machine.travel(MIDNIGHT, tick=False) as clock:
        yield clock


@pytest.fixture
def main_and_spare(clock, monkeypatch):
    """Two providers of a project that answer by the hour, and clients that fail once."""
    project = make_project()
    main, spare = (make_provider(project, name=name) for name in ("Main", "Spare"))
    models = {"active_model": main.models.get(), "fallback_model": spare.models.get()}
    routing.choose(project, models, by=None, settings={"check_interval_min": 10})
    ProjectRouting.objects.update(next_check_at=MIDNIGHT)
    failed = Observed("", main.public_id, "", CLIENTS_FAIL_AT.timestamp(), 0, "timeout")
    waiting = [failed] * 4

    def probe(provider, *, now):
        return (of_main if provider == main else of_spare)(now.time())

    def take(*, most):
        is_here = timezone.now() >= CLIENTS_FAIL_AT
        return [waiting.pop() for _ in range(min(most, len(waiting)) if is_here else 0)]

    monkeypatch.setattr(connections, "probe", probe)
    monkeypatch.setattr(live_traffic, "take", take)
    check = tasks.check_provider
    monkeypatch.setattr(check, "apply_async", lambda kwargs: check.apply(kwargs=kwargs, throw=True))
    return main, spare


def checks_between(provider, begin, end):
    checks = HealthCheck.objects.filter(provider=provider)
    return checks.filter(checked_at__time__gte=begin, checked_at__time__lt=end).count()


def test_a_day_of_outages_switches_tells_and_checks_as_it_should(
    main_and_spare, clock, django_capture_on_commit_callbacks
):
    main, spare = main_and_spare

    Beat(clock, django_capture_on_commit_callbacks).run_until(MIDNIGHT + timedelta(days=1))

    told = RoutingEvent.objects.order_by("at", "pk")
    notices = told.filter(is_notice=True)
    assert [(f"{row.at:%H:%M:%S}", row.event) for row in notices] == [
        ("03:10:00", Event.TO_FALLBACK),
        ("03:22:00", Event.BACK_TO_PRIMARY),
        ("09:02:00", Event.TO_FALLBACK),
        ("09:04:00", Event.HEALTHY_TO_DOWN),
        ("09:06:00", Event.HEALTHY_TO_DOWN),
        ("09:09:00", Event.BACK_TO_PRIMARY),  # not before three healthy ones in a row
        ("15:03:30", Event.TO_FALLBACK),  # clients ran into it before a check did
        ("15:06:30", Event.BACK_TO_PRIMARY),
        ("20:06:30", Event.FALLBACK_DOWN),
    ]
    assert [row.event for row in told if not row.is_notice] == [
        *[Event.HEALTHY_TO_DOWN] * 4,  # each of them beside something that tells more
        *(Event.HEALTHY_TO_DEGRADED, Event.DEGRADED_TO_HEALTHY),
    ]
    assert {*Notice.objects.values_list("key", "message")} == {
        *notices.values_list("public_id", "message")
    }
    assert ProjectRouting.objects.get().mode == Mode.NORMAL
    # Both every ten minutes; the active model alone, and every minute, in fallback mode.
    assert checks_between(main, time(0), time(3)) == checks_between(spare, time(0), time(3)) == 18
    assert checks_between(main, time(3, 11), time(3, 23)) == 12
    assert checks_between(spare, time(3, 11), time(3, 23)) == 0
    assert checks_between(main, time(10), time(15)) == checks_between(spare, time(10), time(15))
    assert checks_between(main, time(10), time(15)) == 30
