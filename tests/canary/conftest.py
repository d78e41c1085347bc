import logging
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from copy import deepcopy
from io import StringIO
from typing import Any

import pytest
from celery import Task
from django.db import connections
from django.template import Template
from django.test import Client
from django.test.utils import _TestState
from pytest_django import DjangoDbBlocker
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from accounts.models import User
from providers.kinds.registry import KINDS
from tests.canary.canaries import ALL, TYPED, leaks
from tests.canary.stores import Place, stored
from tests.canary.world import HEADER_LINE, World, answer_as_unkind_providers, make_world
from tests.worlds import forget_keys, lasting

_OF_KINDS = {field.name for kind in KINDS.values() for field in kind.credential.fields}
_OF_PEOPLE = {"password", "new_password", "old_password", "new_password1", "new_password2"}

# What a form takes and never shows again: sent to every address, whatever it asks for.
CREDENTIALS = {
    **dict.fromkeys(sorted(_OF_KINDS | _OF_PEOPLE | {"password1", "password2"}), TYPED.value),
    "secret_headers": HEADER_LINE,
}

_PLAIN_RECORD = {*vars(logging.makeLogRecord({})), "request", "message"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Render pages without copying every context for the test."""
    monkeypatch.setattr(Template, "_render", _TestState.saved_data.template_render)


@pytest.fixture(autouse=True)
def _on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no name of another machine be found: a credential must not even knock there."""
    look_up = socket.getaddrinfo

    def stay(host: str | bytes | None, *words: Any, **options: Any) -> Any:
        if host not in {"127.0.0.1", "localhost", "::1"}:
            raise socket.gaierror(socket.EAI_NONAME, "only this machine")
        return look_up(host, *words, **options)

    monkeypatch.setattr(socket, "getaddrinfo", stay)


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    return _caught(monkeypatch)


def _caught(patch: pytest.MonkeyPatch) -> list[Place]:
    """Catch what is handed to the queue from now on instead of sending it."""
    caught: list[Place] = []

    def catch(task: Task, *args: object, **options: object) -> None:
        caught.append((f"task {task.name}", repr((args, options))))

    patch.setattr(Task, "apply_async", catch)
    return caught


@pytest.fixture
def logged() -> Iterator[list[logging.LogRecord]]:
    with _listening() as records:
        yield records


@contextmanager
def _listening() -> Iterator[list[logging.LogRecord]]:
    """Catch all that any logger can say, each SQL statement with its values included.

    Nothing goes on to the handlers: pytest's own would keep it all for its report. Loggers
    remember which levels are on, so they are made to forget before and after.
    """
    records: list[logging.LogRecord] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("", *logging.root.manager.loggerDict):
            patch.setattr(logging.getLogger(name), "level", logging.DEBUG)
        patch.setattr(logging.Logger, "callHandlers", lambda _, record: records.append(record))
        patch.setattr(connections["default"], "force_debug_cursor", True)
        logging.root.manager._clear_cache()
        yield records
    logging.root.manager._clear_cache()


@pytest.fixture(scope="module")
def made(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, make_httpserver: HTTPServer
) -> Iterator[World]:
    """Make a world once for a file of tests, and see that nothing was told meanwhile."""
    with lasting(django_db_blocker):
        make_httpserver.clear()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(StringIO()) as output,
            redirect_stderr(output),
            _listening() as records,
        ):
            queued = _caught(patch)
            world = make_world(make_httpserver)
        lines = [("log", _told(record)) for record in records]
        said = (*queued, *stored(), *lines, ("output", output.getvalue()))
        assert leaks(said, (*ALL, world.token_canary)) == []
        yield world


@pytest.fixture
def world(
    made: World,
    db: None,
    httpserver: HTTPServer,
    queued: list[Place],
    logged: list[logging.LogRecord],
) -> World:
    forget_keys()
    answer_as_unkind_providers(httpserver)
    return deepcopy(made, {id(made.upstream): made.upstream})


@pytest.fixture
def leaked(
    world: World,
    queued: list[Place],
    logged: list[logging.LogRecord],
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., list[str]]:
    """Search all that was said, kept or handed on since the world began, and `texts` as well."""

    def search(*texts: Place) -> list[str]:
        said = capsys.readouterr()
        lines = [("log", _told(record)) for record in logged]
        places = (*texts, *queued, *stored(), *lines, ("output", said.out), ("output", said.err))
        return leaks(places, (*ALL, world.token_canary))

    return search


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    def enter(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter


@pytest.fixture
def script(world: World) -> APIClient:
    """A client with the world's API key."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {world.token}")
    return client


def _told(record: logging.LogRecord) -> str:
    """Give a record as the most talkative formatter would write it."""
    raised = record.exc_info[1] if record.exc_info else None
    trace = "".join(traceback.format_exception(raised)) if raised else ""
    extras = {name: value for name, value in vars(record).items() if name not in _PLAIN_RECORD}
    return f"{record.getMessage()} {record.args} {extras} {trace}"
