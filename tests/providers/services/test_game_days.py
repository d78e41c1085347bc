"""Game days: a provider plays dead in one project, and only there."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Epoch, Notice
from providers.health import Event, Mode
from providers.models import (
    Health,
    ProjectRouting,
    Provider,
    ProviderModel,
)
from providers.services import game_days, routing
from tests.factories import make_grant, make_project, make_provider
from tests.providers.services.days import AWAY, MINUTE, configure

pytestmark = pytest.mark.django_db


def begin_game_day(day, provider, minutes=10):
    who = day.routing.project.memberships.get().user
    project = day.routing.project
    return game_days.begin(project, provider, minutes=minutes, by=who, now=day.now)


def test_on_a_game_day_the_fallback_works_in_this_project_alone_and_it_ends_by_itself(day):
    elsewhere = make_project()
    Provider.objects.update(project=None)
    day.primary.refresh_from_db()
    make_grant(project=elsewhere, provider=ProviderModel.objects.get(upstream_id="big").provider)
    routing.choose(
        elsewhere, {"active_model": ProviderModel.objects.get(upstream_id="big")}, by=None
    )
    ours = ProjectRouting.objects.exclude(project=elsewhere)
    day.run(MINUTE)

    routing_row = ours.get()
    game_days.begin(
        routing_row.project,
        day.primary,
        minutes=10,
        by=routing_row.project.memberships.get().user,
        now=day.now,
    )
    day.run(MINUTE)
    assert ours.get().is_falling_back
    assert ProjectRouting.objects.get(project=elsewhere).failures == 0
    assert Provider.objects.get(pk=day.primary.pk).health == Health.REACHABLE

    day.run(13 * MINUTE)
    assert ours.get().mode == Mode.NORMAL


def test_a_fallback_that_plays_dead_is_not_taken(day):
    day.run(MINUTE)
    begin_game_day(day, day.spare)
    day.answers[day.primary.pk] = AWAY

    day.run(6 * MINUTE)

    assert day.routing.mode == Mode.NORMAL
    assert Event.FALLBACK_DOWN in day.told()


def test_a_game_day_that_nobody_would_notice_is_refused(day):
    other = make_provider(day.routing.project)
    for provider, minutes in ((other, 5), (day.primary, 0), (day.primary, 241)):
        with pytest.raises(ValidationError):
            begin_game_day(day, provider, minutes)
    configure(day, is_monitored=False)
    with pytest.raises(ValidationError, match="Switch the health monitor on first"):
        begin_game_day(day, day.primary)


def test_a_game_day_is_ended_before_its_time_and_twice_is_once(day):
    begin_game_day(day, day.primary)
    who = day.routing.project.memberships.get().user

    for _ in range(2):
        game_days.end(day.routing.project, by=who, now=day.now)

    assert not day.routing.has_game_day(now=day.now)
    assert day.told() == [Event.GAME_DAY_BEGUN, Event.GAME_DAY_ENDED]


def test_a_game_day_is_on_record_and_no_notice(day):
    begin_game_day(day, day.primary)
    game_days.end(day.routing.project, by=None, now=day.now)

    assert day.told() == [Event.GAME_DAY_BEGUN, Event.GAME_DAY_ENDED]
    assert day.notices() == []
    assert not Notice.objects.exists()


def test_gateways_hear_of_its_beginning_and_of_its_end(day):
    calm = Epoch.current()

    begin_game_day(day, day.primary)
    assert Epoch.current() == calm + 1

    game_days.end(day.routing.project, by=None, now=day.now)
    assert Epoch.current() == calm + 2
