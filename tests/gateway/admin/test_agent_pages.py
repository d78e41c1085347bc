"""The pages of agents and models: shown once, narrowed by type, refused by role."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.models import Agent, AgentToken, Model
from tests.factories import make_agent, make_model, make_project, make_provider

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def browse():
    def browse(user):
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return browse


def page_of(agent, page):
    return f"/admin/gateway/agent/{agent.public_id}/{page}/"


def test_an_added_agents_token_stands_in_that_one_answer(browse, project, editor):
    browser = browse(editor)
    typed = {"name": "Ada's", "project": project.public_id, "agent_type": "claude-code"}

    answer = browser.post("/admin/gateway/agent/add/", typed | {"routing": "inherit"})

    token = re.search(r"axa_[\w-]{43}", answer.content.decode())[0]
    agent = AgentToken.objects.with_token(token).get().agent
    assert "no-store" in answer["Cache-Control"]
    for page in ("change", "connect", "edit"):
        assert token not in browser.get(page_of(agent, page)).content.decode()


def test_the_picker_holds_the_models_of_providers_that_serve_the_type(browse, project, editor):
    make_provider(project, name="For Codex", agent_types=["codex-cli"], models=("codex-model",))
    make_provider(project, name="For all", models=("plain-model",))
    browser = browse(editor)

    def offered(agent_type):
        typed = {"project": project.public_id, "agent_type": agent_type, "routing": "pinned"}
        answer = browser.post("/admin/gateway/agent/add/", typed | {"_follow": "1"})
        assert answer.status_code == 200
        return answer.content.decode()

    assert "codex-model" in offered("codex-cli")
    assert "codex-model" not in offered("cline")
    assert "plain-model" in offered("cline")
    assert not Agent.objects.exists()


def test_a_wrong_choice_stands_at_its_field_and_keeps_what_was_typed(browse, project, editor):
    typed = {"name": "Kept", "project": project.public_id, "agent_type": "cline"}

    answer = browse(editor).post("/admin/gateway/agent/add/", typed | {"routing": "pinned"})

    assert answer.status_code == 422
    assert "Choose the model that it is pinned to." in answer.content.decode()
    assert 'value="Kept"' in answer.content.decode()


def test_the_connect_page_waits_for_the_first_request_and_ticks(browse, project, viewer):
    agent, _ = make_agent(project, agent_type="codex-cli", pinned_url="ai.example.com")
    browser = browse(viewer)

    page = browser.get(page_of(agent, "connect")).content.decode()
    waiting = browser.get(page_of(agent, "seen")).content.decode()
    Agent.objects.update(last_seen_at=timezone.now() - timedelta(seconds=1))
    seen = browser.get(page_of(agent, "seen")).content.decode()

    assert "https://ai.example.com/v1" in page
    assert "address/" not in page  # a viewer pins nothing
    assert "wire_api" in page
    assert "Waiting for the first request" in waiting
    assert "It has come." in seen
    assert "hx-trigger" not in seen


def test_each_page_asks_for_its_right(browse, project, viewer, stranger):
    agent, _ = make_agent(project)
    looking, strange = browse(viewer), browse(stranger)

    for page in ("change", "connect", "seen", "impact"):
        assert looking.get(page_of(agent, page)).status_code == 200, page
    for page in ("edit", "rotate", "address", "delete"):
        assert looking.get(page_of(agent, page)).status_code == 403, page
        assert looking.post(page_of(agent, page)).status_code == 403, page
    for page in ("change", "connect", "seen", "impact", "edit", "rotate", "address", "delete"):
        assert strange.get(page_of(agent, page)).status_code == 404, page


def test_a_rotation_in_the_dialog_shows_the_new_token_once(browse, project, editor):
    agent, old = make_agent(project)

    answer = browse(editor).post(page_of(agent, "rotate"), {"overlap": "3600"})

    token = re.search(r"axa_[\w-]{43}", answer.content.decode())[0]
    assert token != old
    assert AgentToken.objects.count() == 2


def test_rows_of_backends_come_and_go_and_keep_what_was_typed(browse, project, editor):
    model = make_provider(project, models=("one",)).models.get()
    browser = browse(editor)
    typed = {
        "slug": "fast",
        "owner": project.public_id,
        "kind": "chat",
        "rows": "1",
        "b0-provider_model": model.public_id,
        "b0-priority": "3",
        "b0-weight": "7",
    }

    more = browser.post("/admin/gateway/model/add/", typed | {"_follow": "add"}).content.decode()
    less = browser.post("/admin/gateway/model/add/", typed | {"_follow": "remove-0"})
    stored = browser.post("/admin/gateway/model/add/", typed)

    assert 'name="rows" value="2"' in more
    assert 'name="b0-weight" value="7"' in more
    assert 'name="rows" value="0"' in less.content.decode()
    assert stored.status_code == 302
    backend = Model.objects.get().backends.get()
    assert (backend.priority, backend.weight, backend.model.status) == (3, 7, "active")


def test_a_model_that_agents_are_routed_to_says_so_before_it_is_deleted(browse, project, admin):
    model = make_model(project, make_provider(project).models.first())
    agent, _ = make_agent(project, name="Router", routing="facade", facade=model)
    path = f"/admin/gateway/model/{model.public_id}/delete/"

    asked = browse(admin).get(path).content.decode()
    browse(admin).post(path)

    assert "Stands in the way" in asked
    assert agent.name in asked
    assert Model.objects.filter(pk=model.pk).exists()


def counted(browser):
    return browser.get("/admin/gateway/agent/warnings/").content.decode()


def test_the_sidebar_counts_the_agents_that_have_a_warning(browse, project, viewer):
    provider = make_provider(project, models=("a-model", "b-model"))
    make_agent(project, routing="pinned", pinned_model=provider.default_model)
    assert "ax-count" not in counted(browse(viewer))

    make_agent(project)  # on the project's own route, which leads nowhere yet
    make_agent(project)
    make_agent(make_project("Elsewhere"))

    assert 'title="2 agents with a warning">2<' in counted(browse(viewer))


def test_counting_warnings_asks_no_more_for_more_agents(
    browse, project, viewer, django_assert_max_num_queries
):
    provider = make_provider(project)
    browser = browse(viewer)
    for _ in range(2):
        make_agent(project)
    make_agent(project, routing="pinned", pinned_model=provider.default_model)
    with CaptureQueriesContext(connection) as few:
        counted(browser)
    for _ in range(10):
        make_agent(project)
        make_agent(project, routing="pinned", pinned_model=provider.default_model)

    with django_assert_max_num_queries(len(few)):
        counted(browser)
