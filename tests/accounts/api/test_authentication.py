from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, Role
from tests.factories import make_key, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.api.resource")]


def test_a_key_signs_its_request_in(by_key, project):
    assert by_key().get("/keys").status_code == 200


def test_without_any_credential_the_answer_is_401_in_our_shape(call):
    answer = call().get("/keys")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="axiom"'
    assert answer.json()["error"]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Basic YTpi", "Bearer axk_wrong", "Bearer not-a-token", "axk_bare"],
)
def test_a_header_that_does_not_do_is_401(call, header):
    client = call()
    client.credentials(HTTP_AUTHORIZATION=header)

    answer = client.get("/keys")

    assert answer.status_code == 401
    assert (
        header.partition(" ")[2] not in answer.json()["error"]["message"]
        or not header.partition(" ")[2].strip()
    )


def test_a_wrong_revoked_expired_or_orphaned_key_is_401_with_one_message(
    call, project, owner, staff
):
    author, now = make_member(project, Role.ADMIN), timezone.now()
    revoked, revoked_token = make_key(project)
    revoked.revoke(by=owner, at=now)
    _, expired_token = make_key(project, expires_at=now - timedelta(seconds=1))
    _, orphaned_token = make_key(project, created_by=author)
    author.suspend(by=staff)

    answers = [
        call(token=token).get("/keys")
        for token in ("axk_" + "x" * 43, revoked_token, expired_token, orphaned_token)
    ]

    assert [answer.status_code for answer in answers] == [401] * 4
    assert len({answer.content for answer in answers}) == 1


def test_a_key_of_an_archived_project_is_401(call, project, owner):
    _, token = make_key(project)

    project.archive(by=owner)

    assert call(token=token).get("/keys").status_code == 401


def test_a_wrong_key_is_refused_even_where_a_session_would_do(call, owner):
    client = call(user=owner, token="axk_wrong")

    assert client.get("/keys").status_code == 401


def test_a_suspended_person_is_signed_out(call, project, staff):
    member = make_member(project)
    client = call(user=member)

    member.suspend(by=staff)

    assert client.get("/keys").status_code == 401


def test_a_session_writes_with_its_csrf_token_only(project, owner):

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post("/keys", {"projectId": project.public_id, "name": "a"})

    assert answer.status_code == 403
    assert "CSRF" in answer.json()["error"]["message"]


def test_a_key_needs_no_csrf_token(project):

    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_key(project)[1]}")

    assert client.post("/keys", {"name": "a"}).status_code == 200


def test_use_of_a_key_is_noted(call, project):
    key, token = make_key(project)

    call(token=token).get("/keys")

    assert ApiKey.objects.get(pk=key.pk).last_used_at is not None


def test_a_database_that_does_not_answer_is_503_and_never_401(call, project, monkeypatch):
    _, token = make_key(project)

    def gone(*_args):
        raise OperationalError("server closed the connection: password=hunter2")

    monkeypatch.setattr("accounts.reading_keys._read", gone)
    answer = call(token=token).get("/keys")

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer.json()["error"]["code"] == "DEPENDENCY_UNAVAILABLE"
    assert "hunter2" not in answer.content.decode()


def test_signing_in_costs_one_query_and_a_note_a_minute(call, project, django_assert_num_queries):
    _, token = make_key(project)
    call(token=token).get("/keys/nothing")

    # The key with its creator and project; roles; the object that is not there.
    with django_assert_num_queries(2):
        call(token=token).get("/keys/nothing")


@pytest.mark.parametrize(
    ("token", "queries"),
    [("nonsense", 0), (f"axk_{'x' * 42}", 0), (f"axa_{'x' * 43}", 0), (f"axk_{'x' * 43}", 1)],
)
def test_a_wrong_token_costs_at_most_one_query(call, django_assert_num_queries, token, queries):
    client = call()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    with django_assert_num_queries(queries):
        answer = client.get("/keys")

    assert answer.status_code == 401
