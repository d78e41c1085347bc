"""Every REST operation, asked by every role, answers as the registry says."""

import pytest
from django.core import mail
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import AuditEvent, Role
from accounts.permissions import API, PERMISSIONS, Permission, reading, rest_path
from tests.axiom.api.world import ASKING, OPERATIONS, World, call, signed_in
from tests.factories import make_staff
from tests.test_architecture import addresses, methods_of

pytestmark = pytest.mark.django_db

_IDS = [operation.action for operation in OPERATIONS]
OF_PROJECTS = [operation for operation in OPERATIONS if operation.lowest_role is not None]
OF_STAFF = [operation for operation in OPERATIONS if operation.lowest_role is None]


def path_of(world: World, operation: Permission) -> str:
    path = world.path(operation)
    return path if "{id}" in operation.rest else f"{path}?projectId={world.project.public_id}"


def test_every_declared_operation_has_an_address():
    served = {
        f"{method} {rest_path(route)}"
        for route, _, callback in addresses()
        if route.startswith("api/v1/")
        for method in methods_of(callback)
    }

    declared = {operation.rest.replace(" ", f" {API}", 1) for operation in OPERATIONS}
    assert declared - served == set()


@pytest.mark.parametrize("operation", OF_PROJECTS, ids=lambda row: row.action)
def test_each_role_may_do_what_the_registry_gives_it(operation, here, elsewhere):
    answers = {
        role: call(
            here.client(role), operation, path_of(here, operation), here.body(operation), dry=True
        )
        for role in Role
    }

    for role, answer in answers.items():
        said = f"{role}: {answer.status_code} {answer.content[:300]}"
        if operation.is_held_by(role):
            assert answer.status_code in {200, 201, 202, 409}, said
        elif "{id}" in operation.rest and not may_look(operation, role):
            assert answer.status_code == 404, said
        else:
            assert answer.status_code == 403, said
            assert answer.json()["error"]["meta"] == {"permission": operation.action}


@pytest.mark.parametrize("operation", OF_STAFF, ids=lambda row: row.action)
def test_what_is_staffs_is_nobody_elses_not_even_by_their_key(operation, here):
    staff = make_staff()

    assert call(signed_in(staff), operation, here.path(operation), here.body(operation), dry=True
        ).status_code == 200  # fmt: skip
    for client in (here.client(Role.OWNER), here.script(Role.OWNER)):
        answer = call(client, operation, here.path(operation), here.body(operation))
        if "{id}" in operation.rest:
            assert answer.json()["error"]["code"] == "RESOURCE_NOT_FOUND"
            continue
        assert answer.status_code == 403
        assert answer.json()["error"]["meta"] == {"permission": operation.action}


@pytest.mark.parametrize("operation", OF_PROJECTS, ids=lambda row: row.action)
def test_writing_without_the_right_is_refused_before_the_body_is_read(operation, here):
    role = next((role for role in reversed(Role) if may_look(operation, role)), Role.OWNER)
    if operation.is_held_by(role) or operation.is_read:
        return
    answer = call(
        here.script(role), operation, here.path(operation), {"nonsense": [1, {"deep": None}]}
    )

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "FORBIDDEN"
    denied = AuditEvent.objects.filter(outcome="denied", action=operation.action)
    assert denied.exists()


@pytest.mark.parametrize("operation", OF_PROJECTS, ids=lambda row: row.action)
def test_a_rehearsal_changes_nothing_queues_nothing_and_mails_nothing(
    operation, here, elsewhere, queued, django_capture_on_commit_callbacks
):
    if operation.rest.startswith("GET"):
        return
    owner = here.client(Role.OWNER)
    path, body = path_of(here, operation), here.body(operation)
    before = everything()

    with django_capture_on_commit_callbacks(execute=True):
        answer = call(owner, operation, path, body, dry=True)

    assert answer.status_code in {200, 409}, answer.content
    assert everything() == before
    assert queued == []
    assert mail.outbox == []
    if answer.status_code == 200 and operation.action not in ASKING:
        assert set(answer.json()) == {"dryRun", "status", "diff", "impact"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=_IDS)
def test_nobody_unknown_is_answered_anything(operation, here):
    answer = call(APIClient(), operation, here.path(operation), here.body(operation))

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "UNAUTHORIZED"


def test_the_matrix_that_is_answered_is_the_registry(here):
    answer = here.client(Role.VIEWER).get(f"{API}/permissions")

    told = {row["action"]: row["lowestRole"] for row in answer.json()["permissions"]}
    assert told == {
        row.action: row.lowest_role.value if row.lowest_role else None
        for row in PERMISSIONS.values()
    }


def may_look(operation: Permission, role: Role) -> bool:
    """Tell whether a role sees the object of an operation at all: else it does not exist."""
    label = operation.model_label
    label = {
        "guardian.userobjectpermission": "accounts.project",
        "guardian.groupobjectpermission": "accounts.project",
    }.get(label, label)
    looking = operation if operation.is_read else reading(label)
    return looking.is_held_by(role)


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Copy every row of every table but the sessions'."""
    with connection.cursor() as cursor:
        names = [
            name for name in connection.introspection.table_names(cursor) if "session" not in name
        ]
        found = {}
        for name in names:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")  # noqa: S608 - names of our own tables
            found[name] = sorted(cursor.fetchall(), key=repr)
    return found
