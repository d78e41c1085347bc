import logging

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404
from kombu.exceptions import OperationalError as BrokerDown
from rest_framework import exceptions

from accounts.refusals import DependencyDown, HasDependents, ProviderFailed, QuotaExceeded, Refused
from tests.accounts.api.resource import KeyViewSet

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.api.resource")]


@pytest.fixture
def failing(call, viewer, monkeypatch):
    """Give the answer to a request whose view raises what is given."""

    def answer_to(error):
        monkeypatch.setattr(KeyViewSet, "raises", error)
        return call(user=viewer).get("/keys/fail")

    return answer_to


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "RESOURCE_NOT_FOUND"),
        (exceptions.NotFound(), 404, "RESOURCE_NOT_FOUND"),
        (PermissionDenied("no"), 403, "FORBIDDEN"),
        (exceptions.PermissionDenied(), 403, "FORBIDDEN"),
        (exceptions.NotAuthenticated(), 401, "UNAUTHORIZED"),
        (exceptions.ParseError("bad"), 400, "VALIDATION_FAILED"),
        (exceptions.ValidationError({"name": ["bad"]}), 400, "VALIDATION_FAILED"),
        (ValidationError("bad"), 400, "VALIDATION_FAILED"),
        (Refused("not now", code="is_last_model"), 409, "IS_LAST_MODEL"),
        (QuotaExceeded("enough", retry_after_s=7), 429, "QUOTA_EXCEEDED"),
        (exceptions.Throttled(wait=7), 429, "QUOTA_EXCEEDED"),
        (ProviderFailed("upstream says no"), 502, "AI_PROVIDER_ERROR"),
        (DependencyDown("broker"), 503, "DEPENDENCY_UNAVAILABLE"),
        (OperationalError("locked"), 503, "DEPENDENCY_UNAVAILABLE"),
        (InterfaceError("closed"), 503, "DEPENDENCY_UNAVAILABLE"),
        (BrokerDown("refused"), 503, "DEPENDENCY_UNAVAILABLE"),
        (exceptions.MethodNotAllowed("PUT"), 405, "METHOD_NOT_ALLOWED"),
        (exceptions.UnsupportedMediaType("text/xml"), 400, "VALIDATION_FAILED"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_every_error_has_its_code_and_one_shape(failing, error, status, code):
    answer = failing(error)

    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert set(answer.json()["error"]) == {"code", "message", "meta"}
    assert answer.json()["error"]["code"] == code


def test_each_field_keeps_its_own_messages_under_its_own_name(failing):
    error = ValidationError({"base_url": ["Write an address.", "Use https."], "__all__": ["Odd."]})

    meta = failing(error).json()["error"]["meta"]

    assert meta == {"fields": {"baseUrl": ["Write an address.", "Use https."], "body": ["Odd."]}}


def test_dependents_are_counted_and_named(failing):
    error = HasDependents("in use", code="AI_PROVIDER_HAS_DEPENDENTS", count=30, ids=["agt_1"])

    answer = failing(error)

    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "code": "AI_PROVIDER_HAS_DEPENDENTS",
        "message": "in use",
        "meta": {"count": 30, "ids": ["agt_1"]},
    }


@pytest.mark.parametrize(
    "error", [DependencyDown("broker", retry_after_s=9), QuotaExceeded("x", retry_after_s=9)]
)
def test_what_passes_by_itself_says_when_to_come_back(failing, error):
    assert failing(error)["Retry-After"] == "9"


def test_what_nobody_foresaw_tells_the_log_and_not_the_client(failing, caplog):
    with caplog.at_level(logging.ERROR):
        answer = failing(RuntimeError("the password is hunter2"))

    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "INTERNAL_ERROR"
    assert "hunter2" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
