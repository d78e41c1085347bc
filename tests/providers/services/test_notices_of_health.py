"""A transition that a project wants to hear of reaches its people, once."""

import pytest

from accounts.models import Notice, Receipt, Role, Topic
from providers.models import RoutingEvent
from tests.factories import make_member
from tests.providers.services.days import AWAY, MINUTE, configure

pytestmark = pytest.mark.django_db


def test_each_transition_is_told_once_as_it_was_recorded(day):
    day.answers[day.primary.pk] = AWAY

    day.run(20 * MINUTE)

    event = RoutingEvent.objects.get(is_notice=True)
    notice = Notice.objects.get()
    assert (notice.topic, notice.project, notice.key) == (
        Topic.HEALTH,
        day.routing.project,
        event.public_id,
    )
    assert (notice.message, notice.at) == (event.message, event.at)
    assert notice.about == day.primary.public_id


def test_owners_and_admins_find_it_in_the_portal(day):
    project = day.routing.project
    owner = project.memberships.get().user
    admin, _ = make_member(project, Role.ADMIN), make_member(project, Role.VIEWER)
    day.answers[day.primary.pk] = AWAY

    day.run(6 * MINUTE)

    assert {row.user for row in Receipt.objects.all()} == {owner, admin}


def test_what_the_project_does_not_want_to_hear_of_is_told_to_nobody(day):
    configure(day, notices=[])
    day.answers[day.primary.pk] = AWAY

    day.run(20 * MINUTE)

    assert RoutingEvent.objects.exists()
    assert not Notice.objects.exists()
