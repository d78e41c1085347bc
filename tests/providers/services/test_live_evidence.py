"""What clients' requests run into, as evidence for the health monitor."""

import pytest

from accounts.models import Notice
from providers.health import Event, Mode
from providers.models import Health, HealthCheck, Provider
from providers.services import game_days, monitor, routing
from tests.factories import make_project, make_provider
from tests.providers.services.days import A_SECOND, AWAY, MINUTE, WELL, answered, configure, failed

pytestmark = pytest.mark.django_db


def test_live_traffic_is_evidence_and_a_burst_is_one_row(day):
    configure(day, failures_before_fallback=3)
    day.tick()

    monitor.note_live([failed(day)] * 2, now=day.now)
    assert day.routing.failures == 2
    monitor.note_live([failed(day)] * 40, now=day.now)

    assert day.routing.is_falling_back
    live = HealthCheck.objects.newest_first()[0]
    told = "The last of 40 requests of clients failed: the provider failed (HTTP 503)."
    assert live.message == told
    assert live.state == Health.UNREACHABLE
    assert day.told().count(Event.TO_FALLBACK) == 1


def test_of_a_burst_people_hear_the_most_telling_thing(day):
    configure(day, failures_before_fallback=3)
    day.tick()

    monitor.note_live([failed(day)] * 3, now=day.now)

    assert day.told() == [Event.TO_FALLBACK, Event.HEALTHY_TO_DOWN]
    assert day.notices() == [Event.TO_FALLBACK]
    assert "requests go to" in Notice.objects.get().message


@pytest.mark.parametrize(
    ("spare_answers", "has_fallback", "told"),
    [(AWAY, True, Event.FALLBACK_DOWN), (WELL, False, Event.NO_FALLBACK)],
)
def test_a_burst_without_a_way_out_is_told_as_that(day, spare_answers, has_fallback, told):
    day.answers[day.spare.pk] = spare_answers
    if not has_fallback:
        routing.choose(day.routing.project, {"fallback_model": None}, by=None)
    configure(day, failures_before_fallback=3)
    day.tick()

    monitor.note_live([failed(day)] * 5, now=day.now)

    assert day.notices() == [told]


def test_live_failures_of_what_is_gone_or_switched_off_are_nothing(day):
    other = make_provider(make_project(), status="disabled")
    gone = failed(day, other, provider_id="aip_0000000000000000")
    about_the_request = failed(day, error_class="bad_request", http_status=400)

    monitor.note_live([failed(day, other), gone, about_the_request], now=day.now)

    assert HealthCheck.objects.count() == 0


def test_a_down_provider_that_answers_clients_again_is_checked_and_not_believed(day):
    monitor.note_live([failed(day)], now=day.now)

    asked = monitor.note_live([answered(day)], now=day.now)

    assert asked == [day.primary]
    assert day.routing.is_falling_back
    assert monitor.note_live([answered(day, day.spare)], now=day.now) == []


def test_a_success_begins_the_count_anew_in_a_burst_and_between_bursts(day):
    configure(day, failures_before_fallback=3)
    day.tick()

    burst = [failed(day), failed(day), answered(day), failed(day), failed(day)]
    monitor.note_live(burst, now=day.now)
    assert (day.routing.failures, day.routing.mode) == (2, Mode.NORMAL)

    monitor.note_live([answered(day), failed(day)], now=day.now)
    assert (day.routing.failures, day.routing.mode) == (1, Mode.NORMAL)


def test_a_provider_that_failed_and_then_answered_is_not_down(day):
    day.tick()

    told_late = [answered(day), failed(day, ago=A_SECOND), failed(day, ago=2 * A_SECOND)]
    day.now += 3 * A_SECOND
    monitor.note_live(told_late, now=day.now)

    assert Provider.objects.get(pk=day.primary.pk).health == Health.REACHABLE
    assert (day.routing.failures, day.routing.mode) == (0, Mode.NORMAL)


def test_what_a_check_has_overtaken_is_no_evidence(day):
    stale = failed(day, ago=A_SECOND)
    day.tick()

    monitor.note_live([stale], now=day.now + A_SECOND)

    assert (day.routing.failures, day.told()) == (0, [])
    assert Provider.objects.get(pk=day.primary.pk).health == Health.REACHABLE


def test_a_request_that_ended_after_the_check_is_evidence_though_it_began_before(day):
    timed_out = failed(day, ago=30 * A_SECOND, error_class="timeout", latency_ms=60_000)
    day.tick()

    monitor.note_live([timed_out], now=day.now + 31 * A_SECOND)

    assert day.routing.is_falling_back
    assert HealthCheck.objects.newest_first()[0].checked_at == day.now + 30 * A_SECOND


def test_what_is_older_than_an_interval_is_no_evidence(day):
    configure(day, check_interval_min=2)

    monitor.note_live([failed(day)], now=day.now + 2 * MINUTE + A_SECOND)
    assert (day.routing.failures, HealthCheck.objects.count()) == (0, 0)

    monitor.note_live([failed(day)], now=day.now + 2 * MINUTE)
    assert day.routing.is_falling_back


def test_a_success_counts_for_nothing_where_the_provider_plays_dead(day):
    configure(day, failures_before_fallback=3)
    project = day.routing.project
    game_days.begin(project, day.primary, minutes=9, by=None, now=day.now)
    monitor.note_live([failed(day)] * 2, now=day.now)

    monitor.note_live([answered(day)], now=day.now)

    assert day.routing.failures == 2
