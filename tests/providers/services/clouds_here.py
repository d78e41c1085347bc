"""Providers of the clouds, added as people add them; their hosts are the test's own server."""

import dataclasses
import json
from pathlib import Path

from werkzeug import Response

from providers.kinds import registry
from providers.kinds.declaration import DerivedUrl
from providers.kinds.registry import kind_for
from tests.providers.kinds.cloud_doubles import PAIR, service_account
from tests.providers.services import drafting

ANSWERS = Path(__file__).resolve().parents[2] / "answers"
MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def add(slug, project, person, **changes):
    plain = {"name": slug, "kind": kind_for(slug), "models": (MODEL,), "credential": {}}
    return drafting.add(project, person, **(plain | changes))


def add_bedrock(project, person, **changes):
    complete = {"credential": PAIR, "config": {"region": "us-east-1"}}
    return add("bedrock", project, person, **(complete | changes))


def add_vertex(project, person):
    return add(
        "vertex",
        project,
        person,
        credential={"service_account": service_account()},
        config={"project": "my-project-123"},
    )


def here(monkeypatch, httpserver, kind):
    """Let a cloud's host be the test's server from now on; the rest of its kind stays."""
    place = httpserver.url_for("").rstrip("/")
    derived = DerivedUrl(kind.derived_url.domain, lambda _config: place)
    moved = dataclasses.replace(kind, derived_url=derived)
    monkeypatch.setitem(registry._BY_ANY_NAME, kind.slug, moved)


def recorded(slug):
    return json.loads((ANSWERS / f"{slug}.json").read_text())


def recorded_refusal(slug, case):
    said = recorded(slug)["errors"][case]
    body = json.dumps(said["body"])
    return Response(body, said["status"], said.get("headers"), content_type="application/json")
