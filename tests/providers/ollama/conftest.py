import pytest
from celery import Task

from tests.factories import make_provider
from tests.providers.ollama.ollama_server import OllamaServer


@pytest.fixture
def ollama():
    server = OllamaServer()
    yield server
    server.stop()


@pytest.fixture(params=["", "/v1"])
def provider(request, ollama, project):
    """A provider whose base URL ends in /v1, or not."""
    return make_provider(
        project, name="Attic", kind="ollama", base_url=f"{ollama.origin}{request.param}"
    )


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """Catch what is handed to the queue: (name of the task, its arguments)."""
    caught = []

    def catch(task, kwargs=None, **_more):
        caught.append((task.name.rpartition(".")[2], kwargs))

    monkeypatch.setattr(Task, "apply_async", catch)
    return caught
