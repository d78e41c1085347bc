"""The REST resource that scripts begin with."""

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from accounts.models import Role
from providers import tasks
from providers.kinds.registry import ALIASES, KINDS
from providers.models import Operation, ProjectRouting, Provider
from tests.factories import (
    accept_terms,
    make_key,
    make_member,
    make_project,
    make_provider,
    make_secret,
    make_staff,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/ai-providers"
KEY = "sk-canary-0a1b2c3d4e5f6071"
BODY = {
    "name": "OpenAI",
    "provider": "openai",
    "apiKey": KEY,
    "defaultModel": "gpt-x",
}


@pytest.fixture
def project():
    return make_project()


def client_of(project, role=Role.OWNER):
    member = make_member(project, role)
    _, token = make_key(project, created_by=member)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def client(project):
    return client_of(project)


def error_of(response):
    return response.json()["error"]


def test_a_script_adds_a_provider_and_its_default_model_becomes_active(client, project):
    response = client.post(URL, BODY)

    assert response.status_code == 201, response.content
    said = response.json()
    assert said["id"].startswith("aip_")
    assert said["secretId"].startswith("sec_")
    assert said["projectId"] == project.public_id
    assert (said["provider"], said["defaultModel"]) == ("openai", "gpt-x")
    assert ProjectRouting.objects.get(project=project).active_model.upstream_id == "gpt-x"


def test_an_answer_has_the_fields_of_the_contract_and_no_credential(client):
    client.post(URL, BODY)

    response = client.get(URL)

    said = response.json()
    assert set(said) == {"data", "total", "limit", "offset"}
    assert set(said["data"][0]) == {
        "id",
        "projectId",
        "secretId",
        "name",
        "provider",
        "defaultModel",
        "baseUrl",
        "config",
        "status",
        "health",
        "agentTypes",
        "degradedThresholdMs",
        "hasPaidProbes",
        "probeBudgetUsd",
        "probesPerDay",
        "createdAt",
        "updatedAt",
    }
    assert KEY not in response.content.decode()


@pytest.mark.parametrize(
    ("kind", "key", "kept"),
    [
        ("bedrock", "bedrock-api-key-0123", {"api_key": "bedrock-api-key-0123"}),
        ("claude-sdk", "sk-ant-oat01-0123", {"oauth_token": "sk-ant-oat01-0123"}),
    ],
)
def test_an_api_key_is_kept_as_the_one_that_the_kind_takes(client, kind, key, kept):
    accept_terms(kind)

    response = client.post(URL, BODY | {"provider": kind, "apiKey": key})

    assert response.status_code == 201, response.content
    secret = Provider.objects.get().secret
    assert secret.open(purpose="test", now=timezone.now()) == kept


def test_an_alias_is_stored_as_the_slug(client):
    response = client.post(
        URL, BODY | {"provider": "openai-compatible", "baseUrl": "http://127.0.0.1:9/v1/"}
    )

    assert response.json()["provider"] == "custom"
    assert response.json()["baseUrl"] == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"provider": "teleport"}, "provider"),
        ({"provider": "openai-codex"}, "provider"),
        ({"apiKey": ""}, "apiKey"),
        ({"provider": "custom", "baseUrl": "http://10.0.0.1/v1"}, "baseUrl"),
        ({"provider": "custom", "baseUrl": "file:///etc/passwd"}, "baseUrl"),
        ({"config": {"organisation": "x"}}, "config.organisation"),
        ({"credential": {"password": "x"}}, "password"),
        ({"models": ["a"], "defaultModel": "b"}, "defaultModel"),
        ({"colour": "red"}, "colour"),
        ({"status": "disabled"}, "status"),
        ({"projectId": "prj_0123456789abcdef"}, "projectId"),
        ({"secretId": "sec_0123456789abcdef"}, "secretId"),
        ({"degradedThresholdMs": 0}, "degradedThresholdMs"),
    ],
)
def test_bad_input_is_told_at_its_field_and_stores_nothing(client, changes, field):
    response = client.post(URL, BODY | changes)

    assert response.status_code == 400, response.content
    assert error_of(response)["code"] == "VALIDATION_FAILED"
    assert field in error_of(response)["meta"]["fields"]
    assert KEY not in response.content.decode()
    assert not Provider.objects.exists()


def test_a_taken_name_is_one_clear_field_error(client):
    client.post(URL, BODY)

    response = client.post(URL, BODY)

    assert error_of(response)["meta"]["fields"] == {
        "name": ["This project already has a provider of that name."]
    }


def test_a_secret_of_another_project_answers_as_one_that_does_not_exist(client):
    foreign = make_secret()

    one = client.post(URL, BODY | {"apiKey": "", "secretId": foreign.public_id})
    other = client.post(URL, BODY | {"apiKey": "", "secretId": "sec_0123456789abcdef"})

    assert one.status_code == other.status_code == 400
    assert error_of(one) == error_of(other)


def test_without_a_key_it_is_401_and_with_a_wrong_one_too():
    anonymous, mistaken = APIClient(), APIClient()
    mistaken.credentials(HTTP_AUTHORIZATION="Bearer axk_wrong")

    for client in (anonymous, mistaken):
        response = client.get(URL)
        assert response.status_code == 401
        assert error_of(response)["code"] == "UNAUTHORIZED"


def test_a_viewer_lists_and_may_not_add(project):
    viewer = client_of(project, Role.VIEWER)

    assert viewer.get(URL).status_code == 200
    response = viewer.post(URL, {"nonsense": True})
    assert response.status_code == 403
    assert "aiProviders:CreateAiProvider" in error_of(response)["message"]


def test_a_stranger_sees_nothing_and_finds_nothing(project):
    provider = make_provider(project)
    stranger = client_of(make_project())

    assert stranger.get(URL).json()["total"] == 0
    assert stranger.get(f"{URL}/{provider.public_id}").status_code == 404
    assert stranger.post(f"{URL}/{provider.public_id}/test", {}).status_code == 404
    assert stranger.get(f"{URL}?search={provider.name}").json()["total"] == 0


def test_a_session_names_its_project(project):
    client = APIClient()
    client.force_login(make_staff())

    unnamed = client.post(URL, BODY)
    named = client.post(URL, BODY | {"projectId": project.public_id})

    assert "projectId" in error_of(unnamed)["meta"]["fields"]
    assert named.status_code == 201


def test_a_list_costs_the_same_queries_however_long(client, project, django_assert_max_num_queries):
    for _ in range(3):
        make_provider(project, secret=make_secret(project))
    client.get(URL)

    with django_assert_max_num_queries(8) as few:
        client.get(URL)
    for _ in range(12):
        make_provider(project, secret=make_secret(project))
    with django_assert_max_num_queries(len(few)):
        assert client.get(URL).json()["total"] == 15


def test_a_test_is_an_operation_that_can_be_followed(client, project, monkeypatch):
    queued = []
    monkeypatch.setattr(tasks, "enqueue", queued.append)
    provider = make_provider(project)

    response = client.post(f"{URL}/{provider.public_id}/test", {})

    assert response.status_code == 202
    operation = Operation.objects.get(public_id=response.json()["id"])
    assert queued == [operation]
    followed = client.get(f"/api/v1/operations/{operation.public_id}").json()
    assert (followed["state"], followed["targetName"]) == (
        "queued",
        f"some-model at {provider.name}",
    )


def test_importing_is_an_operation_too(client, project, monkeypatch):
    queued = []
    monkeypatch.setattr(tasks, "enqueue", queued.append)
    provider = make_provider(project)

    response = client.post(f"{URL}/{provider.public_id}/import-catalog")

    assert response.status_code == 202
    assert [operation.verb for operation in queued] == ["import_catalog"]


def test_the_models_of_a_provider_are_listed_in_their_order(client, project):
    provider = make_provider(project, models=["b", "a"])

    said = client.get(f"{URL}/{provider.public_id}/provider-models").json()

    assert [model["upstreamId"] for model in said["data"]] == ["b", "a"]
    assert said["data"][0]["inputPrice"] is None


def test_the_schema_names_every_kind_and_alias():
    schema = SchemaGenerator().get_schema(request=None, public=True)

    shapes = schema["components"]["schemas"].values()
    enums = [shape["enum"] for shape in shapes if "enum" in shape]
    assert [*KINDS, *ALIASES] in enums
    assert "azure-openai" in ALIASES


def test_paid_probes_are_chosen_over_rest_and_stay_until_they_are_changed(client):
    made = client.post(URL, BODY | {"hasPaidProbes": True, "probeBudgetUsd": "0.25"}).json()
    where = f"{URL}/{made['id']}"

    renamed = client.patch(where, {"name": "Other"}).json()
    changed = client.patch(where, {"probesPerDay": 10}).json()
    wrong = client.patch(where, {"probeBudgetUsd": "-1", "probesPerDay": 0})

    assert (made["hasPaidProbes"], made["probeBudgetUsd"], made["probesPerDay"]) == (
        (True, "0.2500", 288)
    )
    assert (renamed["hasPaidProbes"], renamed["probeBudgetUsd"]) == (True, "0.2500")
    assert (changed["probesPerDay"], changed["probeBudgetUsd"]) == (10, "0.2500")
    assert wrong.status_code == 400
    assert set(error_of(wrong)["meta"]["fields"]) == {"probeBudgetUsd", "probesPerDay"}
