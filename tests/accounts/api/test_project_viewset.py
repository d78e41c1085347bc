"""The wall in REST, asked for by everybody who might."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from tests.accounts.api.resource import KeyViewSet
from tests.factories import make_key, make_member, make_project

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.api.resource")]


@pytest.fixture
def key(project):
    return make_key(project)[0]


def test_a_key_lists_its_project_without_naming_it(by_key, project):
    make_key(make_project())

    answer = by_key().get("/keys")

    assert answer.status_code == 200
    assert [row["projectId"] for row in answer.json()["data"]] == [project.public_id]


def test_a_session_lists_all_that_it_may_see_or_the_project_it_names(call, owner, project):
    other = make_project(owner=owner)
    make_key(project)
    make_key(other)
    client = call(user=owner)

    assert client.get("/keys").json()["total"] == 2
    assert client.get(f"/keys?projectId={other.public_id}").json()["total"] == 1


def test_a_strangers_object_does_not_exist(call, stranger, key):
    client = call(user=stranger)

    assert client.get(f"/keys/{key.public_id}").status_code == 404
    assert client.post(f"/keys/{key.public_id}/revoke").status_code == 404
    assert client.get(f"/keys?projectId={key.project.public_id}").status_code == 404
    assert client.get("/keys").json()["data"] == []


def test_a_strangers_key_meets_nothing(call, key):
    _, token = make_key(make_project())
    client = call(token=token)

    assert client.get(f"/keys/{key.public_id}").status_code == 404
    assert client.post(f"/keys/{key.public_id}/revoke").status_code == 404
    assert client.get(f"/keys?projectId={key.project.public_id}").status_code == 404


def test_a_viewer_reads_and_is_refused_to_write(call, viewer, key):
    client = call(user=viewer)

    assert client.get(f"/keys/{key.public_id}").status_code == 200
    answer = client.post(f"/keys/{key.public_id}/revoke")

    assert answer.status_code == 403
    assert answer.json()["error"] == {
        "code": "FORBIDDEN",
        "message": "This needs the permission apiKeys:RevokeApiKey.",
        "meta": {"permission": "apiKeys:RevokeApiKey"},
    }
    assert AuditEvent.objects.filter(outcome="denied", target_id=key.public_id).count() == 1


def test_writing_is_refused_before_the_body_is_validated(call, by_key, viewer, editor, project):
    refused = [
        call(user=viewer).post(f"/keys?projectId={project.public_id}", {"nonsense": 1}),
        call(user=viewer).post("/keys", {"projectId": project.public_id, "nonsense": 1}),
        by_key(created_by=editor).post("/keys", {"nonsense": 1}),
        by_key(created_by=editor).post("/keys", b"{", content_type="application/json"),
    ]

    assert [answer.status_code for answer in refused] == [403, 403, 403, 403]


def test_a_session_names_the_project_that_it_writes_to(call, owner, project):
    client = call(user=owner)

    named = client.post("/keys", {"projectId": project.public_id, "name": "a"})
    unnamed = client.post("/keys", {"name": "a"})
    odd = client.post("/keys", {"projectId": 7, "name": "a"})

    assert named.json() == {"got": ["name", "project"], "project": "Aurora"}
    assert unnamed.status_code == odd.status_code == 400
    assert list(unnamed.json()["error"]["meta"]["fields"]) == ["projectId"]


def test_a_key_writes_to_its_own_project_and_to_no_other(by_key, project):
    client, foreign = by_key(), make_project()

    assert client.post("/keys", {"name": "a"}).json()["project"] == "Aurora"
    assert client.post("/keys", {"projectId": project.public_id, "name": "a"}).status_code == 200
    answer = client.post("/keys", {"projectId": foreign.public_id, "name": "a"})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["meta"]["fields"]) == ["projectId"]


def test_sharing_with_every_project_is_staffs_alone(call, staff, owner):
    body = {"projectId": None, "name": "a"}

    assert call(user=staff).post("/keys", body).json()["project"] == "None"
    assert call(user=owner).post("/keys", body).status_code == 403


def test_an_id_of_another_project_answers_as_one_that_does_not_exist(by_key, project):
    foreign, own = make_key(make_project())[0], make_key(project)[0]
    client = by_key()

    there = client.post("/keys", {"name": "a", "likeKeyId": foreign.public_id})
    nowhere = client.post("/keys", {"name": "a", "likeKeyId": "key_" + "x" * 16})

    assert client.post("/keys", {"name": "a", "likeKeyId": own.public_id}).status_code == 200
    assert there.status_code == nowhere.status_code == 400
    assert there.json() == nowhere.json()


def test_a_policy_that_reaches_one_object_hides_the_others(by_key, project, key):
    other, _ = make_key(project)
    policy = [{"effect": "Allow", "action": ["apiKeys:*"], "resource": [key.public_id]}]
    client = by_key(policy=policy)

    assert [row["id"] for row in client.get("/keys").json()["data"]] == [key.public_id]
    assert client.get(f"/keys/{key.public_id}").status_code == 200
    assert client.get(f"/keys/{other.public_id}").status_code == 404
    assert client.post(f"/keys/{other.public_id}/revoke").status_code == 404
    assert client.post(f"/keys/{key.public_id}/revoke").status_code == 200


def test_a_policy_may_let_an_action_through_without_the_list(by_key, key):
    policy = [{"effect": "Allow", "action": ["apiKeys:RevokeApiKey"], "resource": ["*"]}]
    client = by_key(policy=policy)

    assert client.post(f"/keys/{key.public_id}/revoke").status_code == 200
    assert client.get(f"/keys/{key.public_id}").status_code == 404
    assert client.get("/keys").status_code == 403


def test_an_action_without_a_permission_does_not_answer(call, staff, key):
    answer = call(user=staff).delete(f"/keys/{key.public_id}")

    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"


def test_a_permission_that_nobody_declared_is_our_own_failure(call, staff, monkeypatch):
    monkeypatch.setattr(KeyViewSet, "permissions", {"list": "apiKeys:Explode"})

    assert call(user=staff).get("/keys").status_code == 500


def test_a_list_costs_the_same_with_one_row_and_with_many(
    call, project, viewer, django_assert_max_num_queries
):
    client = call(user=viewer)
    make_key(project)
    client.get("/keys")
    with CaptureQueriesContext(connection) as before:
        client.get("/keys")
    for _ in range(5):
        make_key(project)
        make_member(project)

    with django_assert_max_num_queries(len(before)):
        assert client.get("/keys").json()["total"] == 6
