"""A call does what REST does, with the caller's own rights, and fails as REST fails."""

import jsonschema
import pytest
from mcp.shared.exceptions import MCPError

from accounts.models import Role
from accounts.models.audit import AuditEvent, Outcome
from axiom.mcp.tools import tools
from providers import tasks
from providers.models import Operation, Provider
from tests.axiom.mcp.talking import EARLIER, GENERATIONS, MODERN, called
from tests.factories import make_key, make_member, make_project, make_provider

pytestmark = pytest.mark.django_db

KEY = "sk-canary-0a1b2c3d4e5f6071"
DRAFT = {"name": "OpenAI", "provider": "openai", "apiKey": KEY, "models": ["gpt-x"]}


@pytest.fixture
def token(project):
    return make_key(project)[1]


def error_of(result):
    assert result.is_error
    return result.structured_content["error"]


@pytest.mark.parametrize("mode", [*GENERATIONS, "auto"])
def test_a_list_is_told_as_structure_and_as_text(project, token, mode):
    provider = make_provider(project)

    result = called(token, "list-ai-providers", mode=mode, limit=5)

    assert result.is_error is False
    assert result.structured_content["data"][0]["id"] == provider.public_id
    assert (result.structured_content["total"], result.structured_content["limit"]) == (1, 5)
    assert provider.public_id in result.content[0].text


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_tool_adds_a_provider_as_rest_does_and_leaves_the_same_trace(project, token, mode):
    result = called(token, "create-ai-provider", mode=mode, **DRAFT)

    assert result.is_error is False, result
    provider = Provider.objects.get(project=project)
    assert result.structured_content["id"] == provider.public_id
    assert KEY not in result.model_dump_json()
    event = AuditEvent.objects.filter(action="aiProviders:CreateAiProvider").get()
    assert event.target_id == provider.public_id
    assert event.key_id == project.api_keys.get().public_id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"provider": "teleport"}, "provider"),
        ({"colour": "red"}, "colour"),
        ({"projectId": "prj_0123456789abcdef"}, "projectId"),
    ],
)
def test_bad_input_is_told_at_its_field(token, changes, field):
    result = called(token, "create-ai-provider", **(DRAFT | changes))

    assert error_of(result)["code"] == "VALIDATION_FAILED"
    assert field in error_of(result)["meta"]["fields"]
    assert "VALIDATION_FAILED" in result.content[0].text
    assert not Provider.objects.exists()


def test_an_id_that_is_missing_is_told_at_its_name(token):
    result = called(token, "get-ai-provider")

    assert error_of(result)["meta"]["fields"] == {"id": ["This is needed."]}


@pytest.mark.parametrize(
    "id_", ["aip_0123456789abcdef", "", "..", "x/test", "x?limit=1", "é", 7, None, ["a"], {"a": 1}]
)
def test_an_id_of_nothing_finds_nothing(token, id_):
    assert error_of(called(token, "get-ai-provider", id=id_))["code"] == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_tool_that_is_hidden_is_refused_as_rest_refuses_it_and_recorded(project, mode):
    viewer = make_member(project, Role.VIEWER)
    _, token = make_key(project, created_by=viewer)

    result = called(token, "create-ai-provider", mode=mode, nonsense=True)

    assert error_of(result)["code"] == "FORBIDDEN"
    assert error_of(result)["meta"]["permission"] == "aiProviders:CreateAiProvider"
    denied = AuditEvent.objects.filter(outcome=Outcome.DENIED).get()
    assert denied.actor_id == viewer.public_id


def test_a_strangers_key_sees_and_finds_nothing(project):
    provider = make_provider(project)
    _, token = make_key(make_project())

    every = called(token, "list-ai-providers")
    searched = called(token, "list-ai-providers", search=provider.name)
    named = called(token, "list-ai-providers", projectId=project.public_id)
    got = called(token, "get-ai-provider", id=provider.public_id)
    tested = called(token, "test-ai-provider", id=provider.public_id)
    unknown = called(token, "get-ai-provider", id="aip_0123456789abcdef")

    assert (every.structured_content["total"], searched.structured_content["total"]) == (0, 0)
    assert error_of(named)["code"] == error_of(tested)["code"] == "RESOURCE_NOT_FOUND"
    assert error_of(got) == error_of(unknown)


def test_work_that_takes_long_is_an_operation_that_another_tool_follows(
    project, token, monkeypatch
):
    queued = []
    monkeypatch.setattr(tasks, "enqueue", queued.append)
    provider = make_provider(project)

    begun = called(token, "test-ai-provider", id=provider.public_id)

    operation = Operation.objects.get(public_id=begun.structured_content["id"])
    assert queued == [operation]
    followed = called(token, "get-operation", id=operation.public_id)
    assert followed.structured_content["state"] == "queued"


@pytest.mark.parametrize("mode", [MODERN, EARLIER])
def test_a_tool_that_nobody_has_is_an_error_of_the_protocol(token, mode):
    with pytest.raises(MCPError, match="There is no such tool"):
        called(token, "explode", mode=mode)


def test_what_fails_inside_is_told_in_one_sentence(token, monkeypatch, caplog):
    def fail(*_words, **_options):
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr("providers.services.providers.store", fail)

    result = called(token, "create-ai-provider", **DRAFT)

    assert error_of(result)["code"] == "INTERNAL_ERROR"
    assert "nobody foresaw" not in result.model_dump_json()
    assert KEY not in caplog.text


def test_answers_and_errors_fit_what_the_tool_says_it_answers(project, token):
    provider = make_provider(project)
    answers = tools()["get-ai-provider"].answers

    for id_ in (provider.public_id, "aip_0123456789abcdef"):
        told = called(token, "get-ai-provider", id=id_).structured_content
        jsonschema.validate(told, dict(answers))
        assert told.keys() <= answers["properties"].keys()
