from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import pytest
from celery import Task
from pytest_django import DjangoDbBlocker
from pytest_httpserver import HTTPServer

from providers.models import Provider
from tests.axiom.api.world import World, make_world
from tests.factories import make_catalog_entry
from tests.worlds import forget_keys, lasting


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Catch what is handed to the queue instead of sending it."""
    caught: list[str] = []
    monkeypatch.setattr(
        Task, "apply_async", lambda task, *_args, **_words: caught.append(task.name)
    )
    return caught


@dataclass(frozen=True)
class _Worlds:
    here: World
    elsewhere: World


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[_Worlds]:
    """Make both worlds once for a whole file."""
    with lasting(django_db_blocker):
        yield _Worlds(make_world("Aurora"), make_world("Boreal"))


@pytest.fixture
def here(worlds: _Worlds, db: None, httpserver: HTTPServer) -> World:
    """A project with one of everything, whose provider is on this machine."""
    forget_keys()
    httpserver.expect_request("/v1/models").respond_with_json({"data": [{"id": "one"}]})
    world = deepcopy(worlds.here)
    make_catalog_entry(world.model.upstream_id, provider_kind="custom")
    Provider.objects.filter(pk=world.provider.pk).update(
        kind="custom", base_url=httpserver.url_for("/v1")
    )
    origin = httpserver.url_for("").rstrip("/")
    type(world.secret).objects.filter(pk=world.secret.pk).update(kind="custom", host=origin)
    return world


@pytest.fixture
def elsewhere(worlds: _Worlds, db: None) -> World:
    return deepcopy(worlds.elsewhere)
