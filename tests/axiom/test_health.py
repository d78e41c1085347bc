"""Liveness and readiness say what is missing, without a sign-in."""

import pytest
from django.db import OperationalError

from axiom import health

pytestmark = pytest.mark.django_db


def test_a_portal_that_runs_is_alive(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_portal_that_has_everything_is_ready(client, monkeypatch):
    monkeypatch.setattr(health, "_broker_answers", lambda: True)

    response = client.get("/readyz")

    assert (response.status_code, response.json()["missing"]) == (200, [])


def test_a_broker_that_is_away_is_named(client, settings, tmp_path):
    settings.REDIS_ADDRESS = f"unix://{tmp_path}/nobody.sock"

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "missing": ["broker"]}


def test_a_database_that_is_away_is_named(client, monkeypatch):
    def refuse():
        raise OperationalError

    monkeypatch.setattr(health, "_broker_answers", lambda: True)
    monkeypatch.setattr(health.connection, "cursor", refuse)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["missing"] == ["database"]


def test_probes_are_read_only(client):
    assert client.post("/healthz").status_code == 405
