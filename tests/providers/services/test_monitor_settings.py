"""What people set and change under a monitor, what is told of it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent
from providers import tasks
from providers.health import Event, Mode
from providers.models import (
    Health,
    HealthCheck,
    ProjectRouting,
    Provider,
    RoutingEvent,
)
from providers.services import health, monitor, routing
from tests.factories import make_grant, make_project, make_provider
from tests.providers.services.days import AWAY, DOWN, MIDNIGHT, MINUTE, SLOW, configure, failed

pytestmark = pytest.mark.django_db


def test_a_persons_change_of_the_active_model_begins_anew_and_checks_at_once(day):
    day.answers[day.primary.pk] = AWAY
    day.run(6 * MINUTE)
    day.primary.models.create(upstream_id="other", position=1)

    day.routing.set_active(day.primary.models.get(upstream_id="other"))

    now = day.routing
    assert (now.mode, now.failures, now.successes, now.next_check_at) == (Mode.NORMAL, 0, 0, None)
    assert day.told()[-1] == Event.BEGUN_ANEW
    assert day.primary in monitor.take_due(now=day.now)


def test_removing_the_fallback_model_ends_falling_back(day):
    day.answers[day.primary.pk] = AWAY
    day.run(6 * MINUTE)

    day.spare.delete()

    assert (day.routing.mode, day.routing.fallback_model) == (Mode.NORMAL, None)


def test_settings_keep_the_state_and_check_at_once(day):
    day.answers[day.primary.pk] = AWAY
    day.run(6 * MINUTE)
    before = day.routing.state

    configure(day, successes_before_recovery=5, recovery_interval_min="0.5")

    assert day.routing.state == before
    assert day.routing.next_check_at is None
    assert AuditEvent.objects.latest("pk").after["successesBeforeRecovery"] == 5


def test_a_monitor_that_is_switched_off_probes_nothing_and_goes_back(day):
    day.answers[day.primary.pk] = AWAY
    day.run(6 * MINUTE)
    configure(day, is_monitored=False)
    day.probed.clear()

    day.run(30 * MINUTE)

    assert day.routing.mode == Mode.NORMAL
    assert day.probed == []


def test_a_monitor_that_is_switched_off_leaves_nobody_down(day):
    day.answers[day.primary.pk] = AWAY
    day.run(6 * MINUTE)
    elsewhere = make_provider(make_project(), health="unreachable")
    shared = make_provider(day.routing.project, health="unreachable")
    Provider.objects.filter(pk=shared.pk).update(project=None)

    configure(day, is_monitored=False)
    primary = Provider.objects.get(pk=day.primary.pk)

    assert (primary.health, primary.health_reason) == (Health.UNKNOWN, "")
    assert primary.health_since is None
    assert {*Provider.objects.down()} == {elsewhere, shared}


def test_without_a_monitor_what_is_seen_is_kept_and_takes_nobody_out_of_use(day):
    configure(day, is_monitored=False)
    day.answers[day.primary.pk] = AWAY

    monitor.note_live([failed(day)], now=day.now)
    assert HealthCheck.objects.count() == 0

    health.check(day.primary, now=day.now)  # somebody has pressed Check now
    assert HealthCheck.objects.get().state == Health.UNREACHABLE
    assert Provider.objects.get(pk=day.primary.pk).health == Health.UNKNOWN


def test_a_monitor_that_is_switched_on_again_checks_at_once(day):
    configure(day, is_monitored=False)
    day.answers[day.primary.pk] = AWAY

    configure(day, is_monitored=True)
    day.tick()

    assert day.routing.is_falling_back


def test_saving_a_provider_probes_nothing_where_the_monitor_is_off(
    day, monkeypatch, django_capture_on_commit_callbacks
):
    queued = []
    monkeypatch.setattr(
        tasks.check_provider, "apply_async", lambda **options: queued.append(options["kwargs"])
    )
    configure(day, is_monitored=False)

    with django_capture_on_commit_callbacks(execute=True):
        tasks.check_soon(day.primary)
        tasks.begin_check(day.spare)  # a person's wish

    assert queued == [{"provider_id": day.spare.pk}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"check_interval_min": 0},
        {"check_interval_min": 1441},
        {"failures_before_fallback": 101},
        {"successes_before_recovery": 0},
        {"recovery_interval_min": "0.0"},
    ],
    ids=str,
)
def test_settings_stay_within_their_bounds(day, wrong):
    with pytest.raises(ValidationError) as refusal:
        configure(day, **wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProjectRouting.objects.update(**wrong)

    assert set(wrong) <= set(refusal.value.message_dict)


def test_only_the_transitions_that_people_want_are_notices_and_one_for_each_observation(day):
    configure(day, notices=["healthy_to_degraded", "healthy_to_down"])
    day.tick()
    day.answers[day.primary.pk] = SLOW
    day.run(6 * MINUTE)
    day.answers[day.primary.pk] = AWAY
    day.run(6 * MINUTE)

    assert day.told() == [
        *(Event.HEALTHY_TO_DEGRADED, Event.TO_FALLBACK, Event.DEGRADED_TO_DOWN),
    ]
    assert day.notices() == [Event.HEALTHY_TO_DEGRADED]
    with pytest.raises(ValidationError, match="Unknown notice"):
        configure(day, notices=["lunch"])


def test_what_live_traffic_found_down_is_looked_at_though_no_project_watches_it(day):
    other = make_provider(make_project(), health="unreachable")

    assert other in monitor.take_due(now=day.now)
    Provider.objects.filter(pk=other.pk).update(health_checked_at=day.now)
    assert other not in monitor.take_due(now=day.now + MINUTE)


def test_a_shared_provider_moves_every_project_that_uses_it(day):
    shared = make_provider(day.routing.project)
    Provider.objects.filter(pk=shared.pk).update(project=None)
    shared = Provider.objects.get(pk=shared.pk)
    for project in (day.routing.project, make_project()):
        make_grant(project=project, provider=shared)
        routing.choose(project, {"active_model": shared.models.get()}, by=None)

    with transaction.atomic():
        monitor.note(shared, DOWN, now=day.now)

    modes = set(ProjectRouting.objects.values_list("mode", "stuck"))
    assert modes == {(Mode.FALLBACK, ""), (Mode.NORMAL, Event.NO_FALLBACK)}


def test_an_archived_project_is_not_watched(day):
    project = day.routing.project
    type(project).objects.update(is_archived=True)

    assert monitor.take_due(now=day.now) == []


def test_the_scheduler_hands_what_is_due_to_workers(
    day, monkeypatch, django_capture_on_commit_callbacks
):
    queued = []
    monkeypatch.setattr(
        tasks.check_provider, "apply_async", lambda **options: queued.append(options["kwargs"])
    )

    with django_capture_on_commit_callbacks(execute=True):
        tasks.watch_health.apply(throw=True)

    assert queued == [{"provider_id": day.primary.pk}, {"provider_id": day.spare.pk}]


def test_what_happened_is_forgotten_after_its_retention(day):
    project = day.routing.project
    for age in (RoutingEvent.RETENTION + MINUTE, MINUTE):
        RoutingEvent.objects.create(project=project, event="to_fallback", at=MIDNIGHT - age)

    health.forget_expired(now=MIDNIGHT)

    assert RoutingEvent.objects.count() == 1
