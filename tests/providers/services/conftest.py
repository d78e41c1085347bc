"""One project, one person who works in it, and a server that never answers."""

import socket

import pytest

from providers.services import routing
from tests.factories import make_project, make_provider, make_user
from tests.providers.services.days import Day


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def person():
    return make_user()


@pytest.fixture
def hanging_server():
    """Give the address of a server that takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def day(project, monkeypatch):
    """Choose an active model and a fallback, and begin a day of their checks."""
    primary = make_provider(project, name="Main", models=("big",))
    spare = make_provider(project, name="Spare", models=("small",))
    routing.choose(
        project,
        {"active_model": primary.models.get(), "fallback_model": spare.models.get()},
        by=project.memberships.owners()[0].user,
    )
    return Day(primary, spare, monkeypatch)
