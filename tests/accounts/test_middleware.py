import sqlite3

import pytest
from django.db import OperationalError, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.authority import Forbidden, require
from accounts.middleware import RefusalsMiddleware
from accounts.models import AuditEvent
from accounts.refusals import DependencyDown

pytestmark = pytest.mark.django_db


@pytest.fixture
def middleware():
    return RefusalsMiddleware(lambda _request: HttpResponse("fine"))


def test_a_page_that_works_is_left_alone(middleware):
    assert middleware(RequestFactory().get("/")).content == b"fine"
    assert middleware.process_exception(RequestFactory().get("/"), ValueError()) is None


@pytest.mark.parametrize("error", [OperationalError("password=hunter2"), DependencyDown("broker")])
def test_a_page_says_503_while_a_part_is_away(middleware, error):
    answer = middleware.process_exception(RequestFactory().get("/"), error)

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert b"Try again" in answer.content
    assert b"hunter2" not in answer.content


def test_a_refusal_stays_on_record_though_its_transaction_was_undone(middleware, project, viewer):
    with pytest.raises(Forbidden) as refusal, transaction.atomic():
        require(viewer, "projects:UpdateProject", project)

    answer = middleware.process_exception(RequestFactory().get("/"), refusal.value)

    assert answer is None
    assert AuditEvent.objects.filter(outcome="denied", target_id=project.public_id).count() == 1


def test_a_statement_that_is_wrong_is_not_told_as_a_database_that_is_away(middleware):
    error = OperationalError("no such column")
    error.__cause__ = sqlite3.OperationalError("no such column")
    error.__cause__.sqlite_errorcode = sqlite3.SQLITE_ERROR

    assert middleware.process_exception(RequestFactory().get("/"), error) is None
