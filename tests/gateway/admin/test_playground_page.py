"""The playground's page: what it offers to whom, and how it refuses."""

import json

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.roles import Role
from gateway.models import AccessGrant
from gateway.services import inside
from tests.factories import (
    make_agent,
    make_grant,
    make_member,
    make_model,
    make_project,
    make_provider,
)

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
PAGE = "/admin/gateway/model/playground/"
SAY = "/admin/gateway/model/playground/say/"
HI = json.dumps([{"speaker": "user", "text": "Hi"}])


@pytest.fixture
def browse():
    def browse(user):
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return browse


@pytest.fixture
def asked(monkeypatch):
    """What is asked instead of the gateway, which answers with one word."""
    asks = []

    def answer(ask):
        asks.append(ask)
        yield {"type": "text", "text": "Hello"}

    monkeypatch.setattr("gateway.admin.playground.answer", answer)
    return asks


def test_it_offers_what_the_project_may_call(browse, project, viewer):
    provider = make_provider(project, name="Near AI", models=("near-model",))
    make_model(project, provider.default_model, slug="house-model")
    make_provider(make_project("Elsewhere"), name="Far AI", models=("far-model",))

    page = browse(viewer).get(PAGE).content.decode()

    assert "house-model" in page
    assert f"{provider.slug}/near-model" in page
    assert "far-model" not in page


@pytest.mark.parametrize("holder", ["user", "group"])
def test_a_model_that_somebody_was_granted_alone_is_offered_to_them(
    browse, project, viewer, editor, holder
):
    model = make_model(project, make_provider(project).default_model, slug="house-model")
    AccessGrant.objects.all().delete()
    group = Group.objects.create(name="Pilots")
    viewer.groups.add(group)

    make_grant(model=model, **{holder: {"user": viewer, "group": group}[holder]})

    assert "house-model" in browse(viewer).get(PAGE).content.decode()
    assert "house-model" not in browse(editor).get(PAGE).content.decode()


def test_agents_are_offered_to_whoever_may_make_their_tokens(browse, project, viewer, editor):
    make_agent(project, name="Scout")

    assert "Scout" in browse(editor).get(PAGE).content.decode()
    assert "Scout" not in browse(viewer).get(PAGE).content.decode()


def test_an_answer_comes_as_lines_and_is_kept_by_no_cache(browse, project, viewer, asked):
    make_provider(project)

    answer = browse(viewer).post(SAY, {"to": "default", "system": "Short.", "conversation": HI})

    assert answer.streaming
    assert [json.loads(line) for line in answer.streaming_content] == [
        {"type": "text", "text": "Hello"}
    ]
    assert "no-store" in answer["Cache-Control"]
    assert (asked[0].project, asked[0].model, asked[0].system) == (project, "default", "Short.")


@pytest.mark.parametrize(
    ("conversation", "words"),
    [
        ("[]", "Write something first."),
        ("{", "can't be read"),
        ('[{"speaker": "x"}]', "can't be read"),
        ('[{"speaker": "assistant", "text": "Hi"}]', "Write something first."),
        (json.dumps([{"speaker": "user", "text": "x"}] * 201), "too long"),
    ],
)
def test_a_conversation_that_can_t_be_sent_is_refused(browse, viewer, asked, conversation, words):
    answer = browse(viewer).post(SAY, {"to": "default", "conversation": conversation})

    assert answer.status_code == 422
    assert words in " ".join(answer.json()["errors"]["conversation"])
    assert asked == []


def test_a_model_that_is_not_offered_is_refused_at_its_field(browse, viewer, asked):
    answer = browse(viewer).post(SAY, {"to": "elsewhere/model", "conversation": HI})

    assert answer.status_code == 422
    assert "to" in answer.json()["errors"]
    assert asked == []


def test_another_projects_agent_does_not_exist(browse, project, editor, asked):
    agent, _ = make_agent(make_project("Elsewhere"))

    typed = {"to": "default", "conversation": HI, "agent": agent.public_id}
    answer = browse(editor).post(SAY, typed)

    assert answer.status_code == 422
    assert "agent" in answer.json()["errors"]


def test_a_stranger_finds_no_playground(browse, project):
    stranger = make_member(make_project("Elsewhere"), Role.VIEWER)

    assert browse(stranger).get(f"{PAGE}?project={project.public_id}").status_code == 404
    assert browse(stranger).post(f"{SAY}?project={project.public_id}").status_code == 404


def test_a_get_asks_nothing(browse, project, viewer, asked):
    assert browse(viewer).get(SAY).status_code == 405
    assert asked == []


def test_the_page_calls_nobody(browse, project, viewer, monkeypatch):
    monkeypatch.setattr(inside, "Client", None)

    assert browse(viewer).get(PAGE).status_code == 200
