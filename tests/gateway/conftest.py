"""A database that several threads share, a provider's server, and a gateway between them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from accounts.models import Project
from gateway.bounds import Bounds
from gateway.services import explaining
from providers.models import Provider
from tests import factories
from tests.gateway.records import MODELS, make_provider, routing_of
from tests.gateway.running import NOWHERE, RunningGateway
from tests.gateway.speakers import Speaker, make_active, move_kind, speaking_provider
from tests.gateway.upstream import Upstream

Chatting = Callable[..., RunningGateway]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a database with every table is kept; the first test that needs it makes it."""
    return tmp_path_factory.mktemp("gateway") / "template.sqlite3"


if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):

    @pytest.fixture
    def shared_db(
        template: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker
    ) -> Iterator[None]:
        """A database whose rows are there for other threads and processes: a file."""
        with django_db_blocker.unblock():
            kept = connections["default"]
            name = connections.settings["default"]["NAME"]
            if not template.exists():
                _move_to(template)
                call_command("migrate", verbosity=0)
            shutil.copy(template, _move_to(tmp_path / "db.sqlite3"))
            yield
            connections["default"].close()
            connections.settings["default"]["NAME"] = name
            connections["default"] = kept
            ContentType.objects.clear_cache()
else:

    @pytest.fixture
    def shared_db(transactional_db: None) -> None:
        """A database whose rows are there for other threads and processes: the server's."""


def _move_to(file: Path) -> Path:
    """Let `default` be a SQLite file from here on."""
    if connections.settings["default"]["NAME"] != str(file):
        connections["default"].close()
        del connections["default"]
        connections.settings["default"]["NAME"] = str(file)
        ContentType.objects.clear_cache()
    return file


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def spare() -> Iterator[Upstream]:
    """A second provider's server, for a fallback."""
    server = Upstream()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def aurora(shared_db: None) -> Project:
    return factories.make_project("Aurora")


@pytest.fixture
def provider(aurora: Project, upstream: Upstream) -> Provider:
    """A provider at `upstream`, whose first model is active, at a dollar and two a million."""
    made = make_provider(aurora, upstream, name="Near AI", models=MODELS)
    routing_of(aurora).set_active(made.default_model)
    return made


@pytest.fixture
def fallback(aurora: Project, provider: Provider, spare: Upstream) -> Provider:
    made = make_provider(aurora, spare, name="Spare AI", models=("spare-model",))
    routing_of(aurora).set_fallback(made.default_model)
    return made


@pytest.fixture
def token(aurora: Project) -> str:
    return factories.make_key(aurora)[1]


@pytest.fixture
def start_gateway(shared_db: None, tmp_path: Path) -> Iterator[Chatting]:
    """Start gateways with other bounds than the usual; all are stopped at the end."""
    started: list[RunningGateway] = []

    def start(
        bounds: Bounds | None = None,
        *,
        spool_dir: Path = tmp_path / "spool",
        redis_address: str = NOWHERE,
        ledger_by_worker: bool = False,
    ) -> RunningGateway:
        gateway = RunningGateway(
            spool_dir, bounds or Bounds(), redis_address, ledger_by_worker=ledger_by_worker
        )
        gateway.start()
        started.append(gateway)
        return gateway

    yield start
    for gateway in started:
        gateway.stop()


@pytest.fixture
def gateway(start_gateway: Chatting) -> RunningGateway:
    return start_gateway()


@pytest.fixture
def speaking(
    monkeypatch: pytest.MonkeyPatch, aurora: Project, upstream: Upstream, spare: Upstream
) -> Callable[..., Provider]:
    """Make providers of a speaker's format at both servers, the first one's model active."""

    def arrange(speaker: Speaker, *, with_fallback: bool = False) -> Provider:
        move_kind(monkeypatch, speaker, upstream, spare)
        made = speaking_provider(aurora, speaker, upstream)
        make_active(aurora, made)
        if with_fallback:
            other = speaking_provider(aurora, speaker, spare)
            routing_of(aurora).set_fallback(other.default_model)
        return made

    return arrange


@pytest.fixture
def breakers(monkeypatch):
    """What the gateways have told each other."""
    told = {}

    class Server:
        def hgetall(self, _name):
            return told

    monkeypatch.setattr(explaining.announcing, "client", Server)
    return told
