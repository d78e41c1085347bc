"""Rotation: the new token works at once, the old one for as long as was chosen."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import AuditEvent
from gateway.models import AgentToken
from gateway.services import agents
from tests.factories import make_agent

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def works(token, at):
    return AgentToken.objects.with_token(token).usable_at(at).exists()


def test_both_tokens_work_during_the_overlap_and_only_the_new_one_after(project):
    agent, old = make_agent(project)
    now = timezone.now()

    new = agents.rotate(agent, overlap=HOUR, by=None, now=now)

    assert [works(old, now), works(new, now)] == [True, True]
    assert [works(old, now + HOUR), works(new, now + HOUR)] == [False, True]


def test_without_an_overlap_the_old_one_stops_at_once(project):
    agent, old = make_agent(project)

    new = agents.rotate(agent, overlap=timedelta(0), by=None, now=timezone.now())

    assert not works(old, timezone.now())
    assert works(new, timezone.now())


def test_a_second_rotation_ends_what_the_first_left(project):
    agent, first = make_agent(project)
    now = timezone.now()

    second = agents.rotate(agent, overlap=HOUR, by=None, now=now)
    third = agents.rotate(agent, overlap=HOUR, by=None, now=now)

    assert [works(token, now) for token in (first, second, third)] == [False, True, True]


def test_an_overlap_has_its_bounds(project):
    agent, _ = make_agent(project)

    for overlap in (timedelta(days=31), timedelta(seconds=-1)):
        with pytest.raises(ValidationError):
            agents.rotate(agent, overlap=overlap, by=None, now=timezone.now())


def test_no_token_works_in_an_archived_project(project, owner):
    _, token = make_agent(project)

    project.archive(by=owner)

    assert not works(token, timezone.now())


def test_the_record_of_a_rotation_names_prefixes_alone(project):
    agent, old = make_agent(project)

    new = agents.rotate(agent, overlap=HOUR, by=None, now=timezone.now())

    said = str(AuditEvent.objects.get(action="agents:RotateAgentToken").after)
    assert new not in said
    assert old not in said
