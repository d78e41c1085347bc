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


def no_failure_of_ours(_context, response, _case) -> None:
    """A provider that can't be reached is a 502, a part that is away a 503; a 500 is nobody's."""
    assert response.status_code != HTTPStatus.INTERNAL_SERVER_ERROR


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
