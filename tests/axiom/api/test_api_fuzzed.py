"""Every operation, called with what its description allows: no failure, nothing unforeseen."""

from itertools import count

import pytest

from accounts.models import Role
from tests.axiom.api.fuzzing import CHECKS, described, examples, nobody_elsewhere, own_connection
from tests.axiom.api.world import World
from tests.factories import make_key

__all__ = ["nobody_elsewhere", "own_connection"]  # pytest finds them here

pytestmark = pytest.mark.usefixtures("nobody_elsewhere", "own_connection")

_turn = count()
schema = described()


@pytest.fixture
def token(here: World) -> str:
    return make_key(here.project, created_by=here.people[Role.OWNER])[1]


@schema.parametrize()
@examples(4)
def test_an_operation_holds_whatever_it_is_sent(case, here, token):
    at_home(case, here)

    case.call_and_validate(
        headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}, checks=CHECKS
    )


def at_home(case, world: World) -> None:
    """Ask three times of four for what there is: ids at random find nothing."""
    if case.query:
        case.query.pop("projectId", None)
    if next(_turn) % 4 == 3 or not case.path_parameters:
        return
    noun = case.path.removeprefix("/api/v1/").split("/")[0]
    known = {"id": world.ids().get(noun, ""), "user_id": world.friend.public_id}
    for name in known.keys() & case.path_parameters.keys():
        case.path_parameters[name] = known[name]
