"""Which tools there are, what they say of themselves, and to whom they are shown."""

import pytest
from django.urls import get_resolver

from accounts.grants import grant
from accounts.models import Role
from accounts.permissions import PERMISSIONS, PERMISSIONS_BY_REST, rest_path
from axiom.mcp.tools import tools
from tests.axiom.mcp.talking import GENERATIONS, listed
from tests.factories import make_key, make_member, make_provider
from tests.test_architecture import addresses, methods_of

pytestmark = pytest.mark.django_db


def operations():
    """Give every REST operation of the URL configuration that the registry knows."""
    return {
        f"{method} {rest_path(route)}"
        for route, _, callback in addresses(get_resolver())
        for method in methods_of(callback)
        if f"{method} {rest_path(route)}" in PERMISSIONS_BY_REST
    }


def token_of(project, role):
    return make_key(project, created_by=make_member(project, role))[1]


def test_every_rest_operation_is_a_tool_and_there_is_no_other():
    named = {PERMISSIONS_BY_REST[operation].mcp for operation in operations()}

    assert set(tools()) == named


def test_every_tool_that_the_registry_names_is_there():
    rows = [row for row in PERMISSIONS.values() if row.rest or row.mcp]

    assert [row.action for row in rows if not (row.rest and row.mcp)] == []
    assert {row.mcp for row in rows} == set(tools())


def test_a_tool_stands_for_the_operation_of_its_own_row():
    for name, tool in tools().items():
        row = PERMISSIONS[tool.permission.action]
        assert row.mcp == name
        assert f"{tool.method} {tool.address}" == row.rest.replace(" ", " /api/v1", 1)


@pytest.mark.parametrize("mode", GENERATIONS)
def test_an_owners_key_is_shown_every_tool_but_those_of_staff(project, mode):
    _, token = make_key(project)

    shown = listed(token, mode=mode)

    assert set(shown) == {name for name, tool in tools().items() if tool.permission.lowest_role}


@pytest.mark.parametrize("role", Role)
def test_a_key_is_shown_what_its_creators_role_has(project, role):
    shown = listed(token_of(project, role))

    assert set(shown) == {
        name for name, tool in tools().items() if tool.permission.is_held_by(role)
    }


def test_a_key_that_staff_made_is_shown_nothing_of_staff(project, staff):
    _, token = make_key(project, created_by=staff)

    hidden = {tool.permission.lowest_role for tool in tools().values()} - set(Role)

    assert hidden <= {None}
    assert not any(tools()[name].permission.lowest_role is None for name in listed(token))


def test_a_denial_of_every_object_of_a_kind_hides_what_is_done_to_one(project):
    policy = [
        {"effect": "Allow", "action": ["*"], "resource": ["*"]},
        {"effect": "Deny", "action": ["aiProviders:*"], "resource": ["aip_*"]},
    ]

    shown = set(listed(make_key(project, policy=policy)[1]))

    assert shown.isdisjoint({"delete-ai-provider", "get-ai-provider", "test-ai-provider"})
    assert {"create-ai-provider", "delete-provider-model", "list-ai-providers"} <= shown


def test_a_policy_hides_what_it_does_not_allow_anywhere(project):
    policy = [
        {"effect": "Allow", "action": ["aiProviders:*"], "resource": ["aip_*"]},
        {"effect": "Deny", "action": ["aiProviders:TestAiProvider"], "resource": ["*"]},
    ]
    _, token = make_key(project, policy=policy)

    shown = set(listed(token))

    assert {"list-ai-providers", "get-ai-provider", "import-catalog"} <= shown
    assert "test-ai-provider" not in shown
    assert "list-operations" not in shown


def test_a_demoted_creators_key_is_shown_less_at_once(project, owner):
    member = make_member(project, Role.EDITOR)
    _, token = make_key(project, created_by=member)
    assert "create-ai-provider" in listed(token)

    project.memberships.get(user=member).change_role(Role.VIEWER, by=owner)

    assert "create-ai-provider" not in listed(token)
    assert "list-ai-providers" in listed(token)


def test_an_object_permission_shows_the_tool_that_it_opens(project, viewer):
    _, token = make_key(project, created_by=viewer)
    assert "test-ai-provider" not in listed(token)

    grant(viewer, "test", make_provider(project))

    assert "test-ai-provider" in listed(token)


def test_reading_writing_and_testing_are_marked_as_what_they_are(project):
    shown = listed(make_key(project)[1])

    for name, tool in shown.items():
        told, codename = tool.annotations, tools()[name].permission.codename
        assert told.read_only_hint is (tools()[name].method == "GET" or "view_" in codename), name
        if tools()[name].method in {"DELETE", "PATCH"}:
            assert (told.destructive_hint, told.idempotent_hint) == (True, True), name
    assert shown["create-ai-provider"].annotations.destructive_hint is False
    assert shown["test-ai-provider"].annotations.open_world_hint is True
    assert shown["import-catalog"].annotations.destructive_hint is True


def test_a_tool_says_what_it_takes_as_rest_does_and_which_permission_it_needs(project):
    tool = listed(make_key(project)[1])["create-ai-provider"]

    assert {"name", "provider"} <= set(tool.input_schema["required"])
    assert tool.input_schema["properties"]["agentTypes"]["items"]["enum"][0] == "claude-code"
    assert tool.input_schema["additionalProperties"] is False
    assert "aiProviders:CreateAiProvider" in tool.description


def test_no_tool_leaves_a_reference_for_the_client_to_follow(project):
    for tool in listed(make_key(project)[1]).values():
        assert "$ref" not in tool.model_dump_json(), tool.name


def test_a_write_takes_what_its_operation_takes_beside_the_body():
    for tool in tools().values():
        taken = tool.path.keys() | tool.query | tool.headers.keys() | (tool.body or set())
        assert set(tool.takes["properties"]) == taken
        assert tool.path.keys() <= set(tool.takes["required"])


def test_listing_costs_the_same_queries_however_much_there_is(
    project, viewer, django_assert_max_num_queries
):
    _, token = make_key(project, created_by=viewer)
    listed(token)
    models = {tool.permission.model_label for tool in tools().values()}

    with django_assert_max_num_queries(2 + len(models)) as few:
        listed(token)
    for _ in range(5):
        grant(viewer, "test", make_provider(project))
    with django_assert_max_num_queries(len(few)):
        listed(token)


def test_listing_for_an_owners_key_asks_for_the_key_and_its_roles_alone(
    project, django_assert_max_num_queries
):
    _, token = make_key(project)
    listed(token)
    of_staff = {
        tool.permission.model_label
        for tool in tools().values()
        if tool.permission.lowest_role is None
    }

    with django_assert_max_num_queries(2 + len(of_staff)):
        listed(token)
