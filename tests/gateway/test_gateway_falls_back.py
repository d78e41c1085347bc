"""A project in fallback mode: its fallback is asked first, from the next snapshot on."""

import pytest
from django.db import transaction
from django.utils import timezone

from gateway.snapshots.loading import table_of
from providers.health import Mode
from providers.models import ProjectRouting
from providers.services import game_days, monitor, routing
from tests.factories import make_project, make_provider
from tests.gateway.waiting import until
from tests.providers.services.days import DOWN, UP


def note(provider, seen):
    with transaction.atomic():
        monitor.note(provider, seen, now=timezone.now())


def asked_first(gateway, token):
    """Name the provider that answered, which nobody was asked before."""
    told = gateway.chat(token)
    assert (told.status, told.headers["x-axiom-attempts"]) == (200, "1")
    return told.headers["x-axiom-provider"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mode", "order"), [(Mode.NORMAL, ["big", "small"]), (Mode.FALLBACK, ["small", "big"])]
)
def test_the_mode_decides_who_is_asked_first(mode, order):
    project = make_project()
    big, small = (make_provider(project, models=(name,)) for name in ("big", "small"))
    models = {"active_model": big.models.get(), "fallback_model": small.models.get()}
    routing.choose(project, models, by=None)
    ProjectRouting.objects.update(mode=mode)

    table = table_of(project.pk)

    assert [target.upstream_id for target in table.default] == order


def test_a_switch_and_the_return_reach_a_gateway_that_runs(
    gateway, aurora, provider, fallback, token
):
    gateway.learn(token)
    assert asked_first(gateway, token) == "near-ai"

    note(provider, DOWN)  # the provider's own health is as it was: the mode alone has moved
    until(lambda: asked_first(gateway, token) == "spare-ai")

    for _ in range(ProjectRouting.objects.get().successes_before_recovery):
        note(provider, UP)
    until(lambda: asked_first(gateway, token) == "near-ai")


def test_a_game_day_passes_the_provider_over_until_somebody_ends_it(
    gateway, aurora, provider, fallback, token
):
    who, now = aurora.memberships.owners()[0].user, timezone.now()
    gateway.learn(token)

    game_days.begin(aurora, provider, minutes=60, by=who, now=now)
    gateway.notice()
    assert asked_first(gateway, token) == "spare-ai"

    game_days.end(aurora, by=who, now=now)
    gateway.notice()
    assert asked_first(gateway, token) == "near-ai"
