"""What the tests share that call the API with whatever its description allows.

Each runs alike every time, and shortly; `make fuzz` runs them longer, and each time anew.
"""

import json
import os
import socket
from collections.abc import Iterator
from http import HTTPStatus

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)


def no_failure_of_ours(_context, response, case) -> None:
    """Only what asks a provider may say that it, or the way to it, failed; all else is ours."""
    asks_a_provider = (
        str(HTTPStatus.BAD_GATEWAY.value) in case.operation.definition.raw["responses"]
    )
    foreign = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE} if asks_a_provider else set()
    is_failure = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    assert not is_failure or response.status_code in foreign


CHECKS = [
    no_failure_of_ours,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
LONGER = int(os.environ.get("AXIOM_FUZZ", "0"))  # how many examples `make fuzz` asks for


def described(*, without: str = ""):
    """Describe the API to schemathesis; the parameter `without` is one that nobody sends."""
    document = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["parameters"] = [
                row for row in operation.get("parameters", ()) if row["name"] != without
            ]
    schema = schemathesis.openapi.from_dict(document)
    schema.app = get_wsgi_application()
    schema.config.phases.coverage.enabled = False
    return schema


def examples(number: int, **options: int) -> settings:
    return settings(
        max_examples=LONGER or number,
        derandomize=not LONGER,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **options,
    )


@pytest.fixture
def nobody_elsewhere(monkeypatch) -> None:
    """Let no name of another machine be found: hosts are typed at random here."""
    look_up = socket.getaddrinfo

    def stay(host, *words, **options):
        if host not in {"127.0.0.1", "localhost", "::1"}:
            raise socket.gaierror(socket.EAI_NONAME, "only this machine")
        return look_up(host, *words, **options)

    monkeypatch.setattr(socket, "getaddrinfo", stay)


@pytest.fixture
def own_connection() -> Iterator[None]:
    """Leave the connection open, as Django's own client does: its transaction holds the world."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)
