"""Two projects with one of everything: neither can be told from nothing by the other."""

from functools import cache

import pytest
from drf_spectacular.generators import SchemaGenerator

from accounts.models import ApiKey, Role
from accounts.permissions import API
from providers.models import Provider
from tests.axiom.api.world import (
    OPERATIONS,
    World,
    asked_of_the_database,
    call,
    signed_in,
    with_token,
)
from tests.factories import make_agent, make_grant, make_provider

pytestmark = pytest.mark.django_db

OF_OBJECTS = [row for row in OPERATIONS if "{id}" in row.rest]
OF_PARTS = [row for row in OF_OBJECTS if "{user_id}" in row.rest or "{group}" in row.rest]
LISTS = [row for row in OPERATIONS if row.is_list and "{id}" not in row.rest and row.lowest_role]
OF_COLLECTIONS = [row for row in OPERATIONS if "{id}" not in row.rest and row.lowest_role]


def strangers(world: World):
    """Everybody who may be in one project and nothing in another."""
    for role in Role:
        yield f"{role}", signed_in(world.people[role])
    yield "key", with_token(world.token)
    yield (
        "narrowed key",
        world.script(policy=[{"effect": "Allow", "action": ["*"], "resource": ["*"]}]),
    )


def untold(world: World, answer) -> list[str]:
    said = answer.content.decode() + str(answer.headers)
    return [mark for mark in world.marks() if mark in said]


def told_by(answer) -> dict[str, str]:
    """Give the headers, but for the name of the request, which is another one each time."""
    return {name: said for name, said in answer.headers.items() if name != "X-Request-Id"}


def replaced(path: str, ids: dict[str, str]) -> str:
    for old, new in ids.items():
        path = path.replace(old, new)
    return path


def absent(path: str, world: World) -> str:
    """Give the same address with ids that nobody has."""
    ids = (*world.ids().values(), world.friend.public_id)
    return replaced(path, {public_id: public_id[:4] + "0" * 16 for public_id in ids})


@pytest.mark.parametrize("operation", OF_OBJECTS, ids=lambda row: row.action)
def test_a_strangers_object_answers_exactly_as_one_that_does_not_exist(operation, here, elsewhere):
    path = here.path(operation)

    for who, client in strangers(elsewhere):
        body = here.body(operation)
        if "key" in who:
            client.get(f"{API}/permissions")  # it is known from here on
        with asked_of_the_database() as questions:
            answer = call(client, operation, path, body)
        with asked_of_the_database() as vain_questions:
            nothing = call(client, operation, absent(path, here), body)

        assert answer.status_code == nothing.status_code == 404, who
        assert answer.content == nothing.content, who
        assert told_by(answer) == told_by(nothing), who
        assert questions == vain_questions, who
        assert "ETag" not in answer.headers
        assert untold(here, answer) == []


@pytest.mark.parametrize("operation", OF_OBJECTS, ids=lambda row: row.action)
def test_conditions_and_names_of_requests_tell_nothing_either(operation, here, elsewhere):
    path, client = here.path(operation), elsewhere.client(Role.OWNER)

    for headers in ({"If-Match": "*"}, {"If-Match": '"x"'}, {"Idempotency-Key": "one"}):
        answer = call(client, operation, path, here.body(operation), **headers)
        rehearsed = call(client, operation, path, here.body(operation), dry=True, **headers)

        assert answer.status_code == rehearsed.status_code == 404
        assert untold(here, answer) == untold(here, rehearsed) == []


@pytest.mark.parametrize("operation", OF_COLLECTIONS, ids=lambda row: row.action)
def test_a_strangers_project_can_be_named_and_is_not_found(operation, here, elsewhere):
    path = f"{here.path(operation)}?projectId={here.project.public_id}"
    nowhere = f"{here.path(operation)}?projectId=prj_0000000000000000"

    for who, client in strangers(elsewhere):
        if "key" in who:
            client.get(f"{API}/permissions")
        with asked_of_the_database() as questions:
            answer = call(client, operation, path, here.body(operation))
        with asked_of_the_database() as vain_questions:
            nothing = call(client, operation, nowhere, here.body(operation))

        assert answer.status_code == nothing.status_code == 404, who
        assert answer.content == nothing.content
        assert told_by(answer) == told_by(nothing), who
        assert questions == vain_questions, who


@pytest.mark.parametrize("operation", OF_PARTS, ids=lambda row: row.action)
def test_strangers_are_no_part_of_an_own_object(operation, here, elsewhere):
    client, own = elsewhere.client(Role.OWNER), elsewhere.path(operation)
    parts = [
        (elsewhere.friend.public_id, here.friend.public_id),
        (elsewhere.group.name, here.group.name),
    ]
    known = dict(parts)
    nobody = {mine: theirs[:4] + "0" * 16 for mine, theirs in parts}

    with asked_of_the_database() as questions:
        answer = call(client, operation, replaced(own, known), here.body(operation))
    with asked_of_the_database() as vain_questions:
        nothing = call(client, operation, replaced(own, nobody), here.body(operation))

    assert answer.status_code == nothing.status_code == 404
    assert answer.content == nothing.content
    assert questions == vain_questions


@pytest.mark.parametrize("operation", LISTS, ids=lambda row: row.action)
def test_a_list_holds_nothing_of_strangers_however_it_is_searched(operation, here, elsewhere):
    path = here.path(operation)
    words = ("", f"?search={here.name}", f"?search={here.provider.public_id}")

    for who, client in strangers(elsewhere):
        for query in (*words, *filters_of(operation, here)):
            answer = call(client, operation, path + query)

            if answer.status_code in {400, 403}:
                assert untold(here, answer) == [here.name] * (here.name in answer.content.decode())
                continue
            assert answer.status_code == 200, who
            assert not [mark for mark in untold(here, answer) if mark != here.name], (who, query)
            if any(mark in query for mark in here.marks()):
                assert answer.json()["total"] == 0


@pytest.mark.parametrize("operation", LISTS, ids=lambda row: row.action)
def test_a_list_counts_nothing_of_strangers(operation, here, elsewhere):
    client = elsewhere.client(Role.OWNER)
    path = here.path(operation)

    everywhere = call(client, operation, path).json()["total"]
    own = call(client, operation, f"{path}?projectId={elsewhere.project.public_id}").json()["total"]

    assert everywhere == own


def test_ids_of_strangers_in_a_body_do_not_exist(here, elsewhere):
    client = elsewhere.script()
    base = {"name": "Borrowed", "provider": "openai"}

    answers = [
        client.post(f"{API}/ai-providers", base | {"secretId": here.secret.public_id}),
        client.patch(
            f"{API}/ai-providers/{elsewhere.provider.public_id}",
            {"secretId": here.secret.public_id},
        ),
        client.patch(
            f"{API}/projects/{elsewhere.project.public_id}/routing",
            {"activeModelId": here.model.public_id},
        ),
    ]

    for answer in answers:
        assert answer.status_code == 400
        said = answer.json()["error"]["meta"]["fields"]
        assert ["There is no such object here."] in said.values()


def test_models_of_strangers_are_not_tested_through_an_own_provider(here, elsewhere):
    answer = elsewhere.script().post(
        f"{API}/ai-providers/{elsewhere.provider.public_id}/test",
        {"modelId": here.model.public_id},
    )

    assert answer.status_code == 404


def test_nobody_is_explained_to_strangers(here, elsewhere):
    client = elsewhere.script()
    question = {"action": "aiProviders:GetAiProvider"}

    for about in (
        {"objectId": here.provider.public_id},
        {"userId": here.people[Role.OWNER].public_id},
        {"keyId": here.key.public_id},
    ):
        assert client.post(f"{API}/permissions/explain", question | about).status_code == 404


def test_a_request_name_of_one_key_means_nothing_to_another(here, elsewhere):
    body = {"name": "Mine", "provider": "openai", "apiKey": "k-1"}
    headers = {"Idempotency-Key": "same-name"}

    first = here.script().post(f"{API}/ai-providers", body, headers=headers)
    second = elsewhere.script().post(f"{API}/ai-providers", body, headers=headers)

    assert first.status_code == second.status_code == 201
    assert first.json()["id"] != second.json()["id"]
    assert first.json()["projectId"] != second.json()["projectId"]


def test_members_of_both_projects_see_each_through_its_own_key_alone(here, elsewhere):
    both = here.people[Role.OWNER]
    elsewhere.project.memberships.model.objects.add(elsewhere.project, both, Role.OWNER, by=None)
    _, token = ApiKey.objects.issue(project=here.project, name="one", created_by=both)

    listed = with_token(token).get(f"{API}/ai-providers").json()

    assert [row["projectId"] for row in listed["data"]] == [here.project.public_id]
    path = f"{API}/ai-providers/{elsewhere.provider.public_id}"
    assert with_token(token).get(path).status_code == 404


@cache
def queries() -> dict[str, list[str]]:
    """Name what each list can be asked by, as the description says."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return {
        path.removeprefix(API): [one["name"] for one in verbs["get"].get("parameters", ())]
        for path, verbs in paths.items()
        if "get" in verbs
    }


def filters_of(operation, world: World) -> list[str]:
    """Ask a list for whatever belongs to a world, by each of its filters that takes an id."""
    asked = {name for name in queries()[operation.rest.split()[1]] if name.endswith("Id")}
    known = {
        "actorId": [world.people[Role.OWNER].public_id],
        "agentId": [world.agent.public_id],
        "keyId": [world.key.public_id],
        "modelId": [world.facade.public_id],
        "projectId": [],  # is not found, as a test of its own says
        "providerId": [world.provider.public_id],
        "requestId": [world.call_id],
        "targetId": [world.provider.public_id, world.model.public_id],
        "userId": [world.friend.public_id, world.people[Role.OWNER].public_id],
    }
    return [f"?{name}={one}" for name in sorted(asked) for one in known[name]]


def test_what_depends_on_a_shared_object_elsewhere_is_no_number_here(here, elsewhere):
    shared = make_provider(elsewhere.project)
    Provider.objects.filter(pk=shared.pk).update(project=None)
    shared.refresh_from_db()
    make_grant(project=elsewhere.project, provider=shared)
    path = f"{API}/ai-providers/{shared.public_id}/impact"
    alone = here.client(Role.VIEWER).get(path).json()

    for _ in range(3):
        make_agent(elsewhere.project, routing="pinned", pinned_model=shared.models.get())
    among_others = here.client(Role.VIEWER).get(path).json()

    counts = [(row["what"], row["count"]) for row in among_others["dependents"]]
    assert counts == [("that you can't see", 1), ("models", 1)]
    assert [row["count"] for row in alone["dependents"]] == [1, 1]
