"""The page that says where a call would go."""

import pytest
from django.urls import reverse

from accounts.models import Role
from providers.models import ProjectRouting
from tests.factories import make_agent, make_key, make_member, make_project, make_provider

pytestmark = pytest.mark.django_db

PATH = "admin:providers_projectrouting_explain"


@pytest.fixture
def aurora():
    project = make_project("Aurora")
    near = make_provider(project, name="Near", models=("first",))
    ProjectRouting.objects.create(project=project, active_model=near.models.get())
    return project


@pytest.fixture
def viewer(client, aurora):
    client.force_login(make_member(aurora, Role.VIEWER))
    return client


def test_a_viewer_asks_where_a_call_would_go(viewer, aurora):
    key, _ = make_key(aurora)
    sent = {"project": aurora.public_id, "key": key.public_id, "model": "default", "format": "chat"}

    page = viewer.post(reverse(PATH), sent).content.decode()

    assert "near/first" in page
    assert "Usable." in page


def test_a_name_that_leads_nowhere_is_told_as_the_client_would_get_it(viewer, aurora):
    sent = {"project": aurora.public_id, "model": "near/frist", "format": "chat"}

    page = viewer.post(reverse(PATH), sent).content.decode()

    assert "Refused with 404." in page
    assert "Did you mean near/first?" in page


def test_another_projects_key_can_not_be_asked_about(viewer, aurora):
    other, _ = make_key(make_project("Borealis"))
    sent = {"project": aurora.public_id, "key": other.public_id, "format": "chat"}

    assert viewer.post(reverse(PATH), sent).status_code == 422


def test_a_stranger_can_not_ask_about_a_project(client, aurora):
    client.force_login(make_member(make_project("Borealis"), Role.OWNER))
    sent = {"project": aurora.public_id, "model": "default", "format": "chat"}

    answer = client.post(reverse(PATH), sent)

    assert answer.status_code == 422
    assert "near/first" not in answer.content.decode()


def test_an_agents_route_is_told_in_words(viewer, aurora):
    agent, _ = make_agent(aurora)
    sent = {"project": aurora.public_id, "agent": agent.public_id, "model": "x", "format": "chat"}

    page = viewer.post(reverse(PATH), sent).content.decode()

    assert "The project&#x27;s active model, whatever the request names." in page


def test_a_key_and_an_agent_are_not_asked_about_at_once(viewer, aurora):
    agent, key = make_agent(aurora)[0], make_key(aurora)[0]
    both = {"agent": agent.public_id, "key": key.public_id}

    answer = viewer.post(reverse(PATH), both | {"project": aurora.public_id, "format": "chat"})

    assert answer.status_code == 422
