"""Every error of the contract, met by an operation and told in the one shape."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Task
from django.db import OperationalError, transaction
from kombu.exceptions import OperationalError as BrokerDown
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.permissions import API
from tests.axiom.api.world import World

pytestmark = pytest.mark.django_db

Act = Callable[[World, Any], Any]


def a_body_that_does_not_do(here, _monkeypatch):
    return here.script().post(f"{API}/ai-providers", {"provider": "openai"})


def nobody(_here, _monkeypatch):
    return APIClient().get(f"{API}/ai-providers")


def a_viewer_who_writes(here, _monkeypatch):
    path = f"{API}/ai-providers/{here.provider.public_id}"
    return here.script(Role.VIEWER).patch(path, {"name": "Mine"})


def what_is_not_there(here, _monkeypatch):
    return here.script().get(f"{API}/ai-providers/aip_0000000000000000")


def an_address_that_is_none(here, _monkeypatch):
    return here.script().get(f"{API}/nothing")


def an_address_with_a_line_break(here, _monkeypatch):
    return here.script().get(f"{API}/users/usr_%0A0")


def a_secret_in_use(here, _monkeypatch):
    return here.script().delete(f"{API}/secrets/{here.secret.public_id}")


def a_rule_that_says_no(here, _monkeypatch):
    active = here.provider.models.get(upstream_id="one")
    return here.script().delete(f"{API}/provider-models/{active.public_id}")


def an_etag_of_another_state(here, _monkeypatch):
    path = f"{API}/ai-providers/{here.provider.public_id}"
    return here.script().patch(path, {"name": "Mine"}, headers={"If-Match": '"old"'})


def a_mail_too_many(here, _monkeypatch):
    path = f"{API}/invitations/{here.invitation.public_id}/resend"
    client = here.script()
    for _ in range(4):
        assert client.post(path).status_code == 200
    return client.post(path)


def a_provider_that_fails(here, _monkeypatch):
    here.upstream.clear()
    return here.script().get(f"{API}/ai-providers/{here.provider.public_id}/models")


def a_queue_that_is_away(here, monkeypatch):
    def gone(*_args, **_words):
        raise BrokerDown("refused")

    monkeypatch.setattr(Task, "apply_async", gone)
    monkeypatch.setattr(transaction, "on_commit", lambda act: act())  # a test commits nothing
    other = here.provider.models.get(upstream_id="two")
    return here.script().post(f"{API}/provider-models/{other.public_id}/test")


def a_database_that_is_away(here, monkeypatch):
    def gone(*_args):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("accounts.reading_keys._read", gone)
    return here.script().get(f"{API}/ai-providers")


MET: dict[Act, tuple[int, str]] = {
    a_body_that_does_not_do: (400, "VALIDATION_FAILED"),
    nobody: (401, "UNAUTHORIZED"),
    a_viewer_who_writes: (403, "FORBIDDEN"),
    what_is_not_there: (404, "RESOURCE_NOT_FOUND"),
    an_address_that_is_none: (404, "RESOURCE_NOT_FOUND"),
    an_address_with_a_line_break: (404, "RESOURCE_NOT_FOUND"),
    a_secret_in_use: (409, "SECRET_HAS_DEPENDENTS"),
    a_rule_that_says_no: (409, "IS_ACTIVE_MODEL"),
    an_etag_of_another_state: (412, "PRECONDITION_FAILED"),
    a_mail_too_many: (429, "QUOTA_EXCEEDED"),
    a_provider_that_fails: (502, "AI_PROVIDER_ERROR"),
    a_queue_that_is_away: (503, "DEPENDENCY_UNAVAILABLE"),
    a_database_that_is_away: (503, "DEPENDENCY_UNAVAILABLE"),
}


@pytest.fixture
def meet(here, httpserver, monkeypatch):
    object.__setattr__(here, "upstream", httpserver)
    return lambda act: act(here, monkeypatch)


@pytest.mark.parametrize("act", MET, ids=lambda act: act.__name__)
def test_each_is_met_in_the_one_shape(meet, act):
    status, code = MET[act]

    answer = meet(act)

    assert answer.status_code == status, answer.content
    assert list(answer.json()) == ["error"]
    error = answer.json()["error"]
    assert (set(error), error["code"]) == ({"code", "message", "meta"}, code)
    assert error["message"]
    assert ("Retry-After" in answer.headers) is (status in {429, 503})


def test_each_says_in_its_meta_what_a_client_can_act_on(meet, here):
    invalid = meet(a_body_that_does_not_do).json()["error"]["meta"]
    denied = meet(a_viewer_who_writes).json()["error"]["meta"]
    in_use = meet(a_secret_in_use).json()["error"]["meta"]

    assert invalid == {"fields": {"name": ["This field is required."]}}
    assert denied == {"permission": "aiProviders:UpdateAiProvider"}
    assert in_use == {"count": 1, "ids": [here.provider.public_id]}
