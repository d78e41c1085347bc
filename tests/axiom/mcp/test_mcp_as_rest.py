"""Every tool, over two projects with one of everything: it answers what REST answers."""

import json
import re
from typing import Any

import jsonschema
import pytest
from django.test import Client as Browser

from accounts.models import Role
from axiom.mcp.tools import Tool, tools
from providers.models import Provider
from tests.axiom.api.world import World, asked_of_the_database, call, with_token
from tests.factories import make_key, make_provider

pytestmark = pytest.mark.django_db

OF_ROLES = [name for name, tool in tools().items() if tool.permission.lowest_role]
OF_OBJECTS = [name for name in OF_ROLES if tools()[name].path]
OF_STAFF = [name for name in tools() if name not in OF_ROLES]
WRITES = [name for name, tool in tools().items() if not tool.is_read]
NOT_A_VIEWERS = [
    name
    for name in WRITES
    if name in OF_ROLES and not tools()[name].permission.is_held_by(Role.VIEWER)
]


def said(token: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call a tool by one POST, and give the result."""
    params = {"name": name, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "Accept": "application/json, text/event-stream",
        "Authorization": f"Bearer {token}",
        "MCP-Protocol-Version": "2025-11-25",
    }
    answer = Browser().post(
        "/mcp", json.dumps(message), content_type="application/json", headers=headers
    )
    result: dict[str, Any] = answer.json()["result"]
    return result


def arguments_of(tool: Tool, world: World, *, dry: bool = False) -> dict[str, Any]:
    """Give arguments that do, for an object of this world where the tool is about one."""
    form = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", tool.address)
    found = re.fullmatch(form, world.path(tool.permission))
    assert found is not None
    places = {name: found[place] for name, place in tool.path.items()}
    rehearsal = {"dryRun": True} if dry and "dryRun" in tool.query else {}
    return places | (world.body(tool.permission) or {}) | rehearsal


def over_rest(token: str, tool: Tool, world: World) -> Any:
    path, body = world.path(tool.permission), world.body(tool.permission)
    return call(with_token(token), tool.permission, path, body, dry=True)


def settled(told: Any) -> Any:
    """Name the changes of a rehearsal: their values are ids and moments, each time new ones."""
    if "diff" not in told:
        return told
    return told | {"diff": [(change["field"], change["before"]) for change in told["diff"]]}


@pytest.mark.parametrize("name", OF_ROLES)
def test_a_tool_answers_exactly_what_its_operation_answers(name, here):
    tool = tools()[name]
    arguments = arguments_of(tool, here, dry=True)

    expected = over_rest(here.token, tool, here)
    over_mcp = said(here.token, name, arguments)

    assert over_mcp["isError"] is (expected.status_code >= 400)
    assert settled(over_mcp["structuredContent"]) == settled(expected.json())
    assert json.loads(over_mcp["content"][0]["text"]) == over_mcp["structuredContent"]
    jsonschema.validate(arguments, dict(tool.takes))
    if tool.answers:
        jsonschema.validate(over_mcp["structuredContent"], dict(tool.answers))


@pytest.mark.parametrize("name", OF_OBJECTS)
def test_a_strangers_object_is_told_from_nothing_by_no_tool(name, here, elsewhere):
    tool = tools()[name]
    arguments = arguments_of(tool, here)
    nobodys = arguments | dict.fromkeys(tool.path, "aip_0000000000000000")

    said(elsewhere.token, "get-permission-matrix", {})  # its key is known from here on
    with asked_of_the_database() as questions:
        answer = said(elsewhere.token, name, arguments)
    with asked_of_the_database() as vain_questions:
        nothing = said(elsewhere.token, name, nobodys)

    assert answer["structuredContent"]["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert answer == nothing
    assert questions == vain_questions
    assert not [mark for mark in here.marks() if mark in json.dumps(answer)]


@pytest.mark.parametrize("name", OF_STAFF)
def test_no_key_uses_a_tool_of_staff(name, here, staff):
    _, token = make_key(here.project, created_by=staff)

    answer = said(token, name, arguments_of(tools()[name], here, dry=True))

    assert answer["isError"] is True
    assert answer["structuredContent"]["error"]["code"] in {"FORBIDDEN", "RESOURCE_NOT_FOUND"}


@pytest.mark.parametrize("name", NOT_A_VIEWERS)
def test_a_viewers_key_is_refused_every_write_as_rest_refuses_it(name, here):
    tool = tools()[name]
    _, token = make_key(here.project, created_by=here.people[Role.VIEWER])

    answer = said(token, name, arguments_of(tool, here, dry=True))

    assert answer["structuredContent"] == over_rest(token, tool, here).json()
    assert answer["structuredContent"]["error"]["code"] in {"FORBIDDEN", "RESOURCE_NOT_FOUND"}


@pytest.mark.parametrize("name", WRITES)
def test_every_tool_that_changes_something_can_be_rehearsed(name):
    assert "dryRun" in tools()[name].query


def test_a_rehearsal_tells_the_difference_and_the_impact_and_changes_nothing(here):
    provider = make_provider(here.project).public_id

    told = said(here.token, "delete-ai-provider", {"id": provider, "dryRun": True})

    assert told["structuredContent"]["dryRun"] is True
    assert told["structuredContent"]["impact"] is not None
    assert Provider.objects.filter(public_id=provider).exists()


def test_a_change_can_be_held_to_what_was_seen(here):
    seen = said(here.token, "get-ai-provider", {"id": here.provider.public_id})
    etag = seen["content"][1]["text"].removeprefix("ETag: ")
    change = {"id": here.provider.public_id, "ifMatch": etag}

    first = said(here.token, "update-ai-provider", change | {"name": "First"})
    second = said(here.token, "update-ai-provider", change | {"name": "Second"})

    assert first["structuredContent"]["name"] == "First"
    assert second["structuredContent"]["error"]["code"] == "PRECONDITION_FAILED"


def test_a_call_that_is_repeated_under_its_name_is_done_once(here):
    draft = {"name": "Once", "provider": "openai", "apiKey": "k-1", "idempotencyKey": "call-1"}

    first = said(here.token, "create-ai-provider", draft)
    second = said(here.token, "create-ai-provider", draft)

    assert first["isError"] is False
    assert first["structuredContent"]["id"] == second["structuredContent"]["id"]
    assert Provider.objects.filter(name="Once").count() == 1


def test_a_deletion_is_told_as_done(here):
    provider = make_provider(here.project)

    told = said(here.token, "delete-ai-provider", {"id": provider.public_id})

    assert (told["isError"], told["content"][0]["text"]) == (False, "Done.")
    assert not Provider.objects.filter(pk=provider.pk).exists()
