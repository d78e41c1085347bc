"""A whole login, and a pull, by tools alone."""

import json

import pytest
from celery import Task
from django.utils import timezone

from providers import login_tasks, ollama_tasks
from providers.models import LoginAttempt, Operation
from providers.services.logins import steps
from tests.axiom.mcp.talking import called
from tests.factories import make_key, make_project, make_provider, make_user
from tests.providers.logins.authorization_server import AuthorizationServer
from tests.providers.logins.conftest import provider_at
from tests.providers.ollama.ollama_server import OllamaServer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def idle(monkeypatch):
    monkeypatch.setattr(Task, "apply_async", lambda *_args, **_more: None)


@pytest.fixture
def project():
    return make_project(owner=make_user())


@pytest.fixture
def token(project):
    return make_key(project)[1]


@pytest.fixture
def server():
    running = AuthorizationServer()
    yield running
    running.stop()


@pytest.fixture
def ollama():
    running = OllamaServer()
    yield running
    running.stop()


def told(token, name, **arguments):
    result = called(token, name, **arguments)
    assert not result.is_error, result
    return json.loads(result.content[0].text)


def test_a_login_from_its_start_to_its_renewal(server, project, token):
    provider = provider_at(server, project)
    at = {"id": provider.public_id}

    started = told(token, "start-login", **at)
    assert started["status"] == "waiting"
    told(token, "submit-login-code", **at, answer=server.consent(started["address"]))
    steps.advance(LoginAttempt.objects.get().pk, now=timezone.now())
    assert told(token, "get-login", **at)["status"] == "connected"

    told(token, "renew-token", **at)
    login_tasks.renew_login.apply(kwargs={"login_id": provider.login.pk}, throw=True)
    assert len(server.grants("refresh_token")) == 1


def test_models_of_a_server_are_listed_pulled_and_deleted(ollama, project, token):
    provider = make_provider(project, kind="ollama", base_url=ollama.origin)
    at = {"id": provider.public_id}

    def names():
        return [model["id"] for model in told(token, "list-installed-models", **at)["data"]]

    assert names() == ["llama3.3:70b", "nomic-embed-text:latest"]
    told(token, "pull-model", **at, model="qwen3:8b")
    pull = Operation.objects.get(verb="pull_model")
    ollama_tasks.pull_model.apply(kwargs={"operation_id": pull.pk}, throw=True)
    assert "qwen3:8b" in names()

    told(token, "delete-installed-model", **at, model="qwen3:8b")
    gone = Operation.objects.get(verb="delete_pulled")
    ollama_tasks.delete_pulled.apply(kwargs={"operation_id": gone.pk}, throw=True)
    assert "qwen3:8b" not in names()
