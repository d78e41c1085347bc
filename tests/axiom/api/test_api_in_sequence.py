"""Operations one after the other, each with what the ones before have answered.

Schemathesis draws the ways from one operation to the next from the description: what makes a
thing leads to all that reads, changes or ends it, in any order.
"""

import re

import pytest
from django.conf import settings
from django.db import transaction
from schemathesis.specs.openapi.checks import use_after_free

from accounts.models import Role
from tests.axiom.api.fuzzing import CHECKS, described, examples, nobody_elsewhere, own_connection
from tests.axiom.api.world import World, signed_in
from tests.factories import make_key, make_staff

__all__ = ["nobody_elsewhere", "own_connection"]  # pytest finds them here

pytestmark = pytest.mark.usefixtures("nobody_elsewhere", "own_connection")

STEPS = 12
REVOKED = ("/api/v1/api-keys", "/api/v1/invitations")  # these stay, and say that they ended
CSRF = "c" * 32
ID = re.compile(r"[a-z]{3}_[A-Za-z0-9]{16}")

# A key has one project, and every answer names it: the ways by it would lead anywhere.
machine = described(without="projectId").as_state_machine()


def as_a_key(world: World) -> dict[str, dict[str, str]]:
    _, token = make_key(world.project, created_by=world.people[Role.OWNER])
    return {"headers": {"Authorization": f"Bearer {token}"}}


def as_staff(_world: World) -> dict[str, dict[str, str]]:
    session = signed_in(make_staff()).cookies[settings.SESSION_COOKIE_NAME].value
    return {
        "cookies": {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: CSRF},
        "headers": {"X-CSRFToken": CSRF},
    }


def walking(world: World, sends: dict[str, dict[str, str]]):
    """Make a machine of somebody who asks; what one walk does is undone before the next."""

    class Walk(machine):
        def setup(self):
            self.undone = transaction.atomic()
            self.undone._from_testcase = True  # deleting a project asks for the outermost one
            self.undone.__enter__()

        def teardown(self):
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

        def before_call(self, case):
            if case.headers is not None:
                case.headers.pop("Authorization", None)  # made up, it would be the one that counts
            at_home(case, world)

        def get_call_kwargs(self, _case):
            return {
                "cookies": sends.get("cookies", {}),
                "headers": sends["headers"] | {"Accept-Encoding": "identity"},
            }

        def validate_response(self, response, case, _more=None, **kwargs):
            is_kept = case.path.startswith(REVOKED)
            checks = CHECKS if is_kept else [*CHECKS, use_after_free]
            case.validate_response(response, checks=checks, transport_kwargs=kwargs)

    return Walk


def at_home(case, world: World) -> None:
    """Begin at what there is: an id that was made up finds nothing, and leads nowhere."""
    noun = case.path.removeprefix("/api/v1/").split("/")[0]
    known = world.ids().get(noun)
    places = case.path_parameters or {}
    if known and "id" in places and not ID.fullmatch(str(places["id"])):
        places["id"] = known


@pytest.mark.parametrize(("who", "walks"), [(as_a_key, 10), (as_staff, 6)])
def test_no_sequence_of_operations_fails(who, walks, here):
    walking(here, who(here)).run(settings=examples(walks, stateful_step_count=STEPS))
