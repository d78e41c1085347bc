"""No list grows with what it lists: eight queries at most, and as many for one row as for all."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.permissions import API
from tests.axiom.api.world import OPERATIONS, call, signed_in
from tests.factories import make_key, make_member, make_provider, make_secret, make_staff

pytestmark = pytest.mark.django_db

UPSTREAM = {"aiProviders:ListLiveModels", "aiProviders:ListInstalledModels"}
LISTS = [row for row in OPERATIONS if row.is_list and row.action not in UPSTREAM]
MOST = 8
MORE = {"calendar:ListExpiries": 10}  # it reads what nine tables say of the days to come


@pytest.mark.parametrize("operation", LISTS, ids=lambda row: row.action)
def test_a_list_costs_the_same_however_long(operation, here):
    for _ in range(4):
        make_provider(here.project, secret=make_secret(here.project))
        make_key(here.project)
        make_member(here.project)
    client = here.script() if operation.lowest_role else signed_in(make_staff())
    path = here.path(operation)
    call(client, operation, path)

    costs = []
    for limit in (1, 100):
        with CaptureQueriesContext(connection) as queries:
            assert call(client, operation, f"{path}?limit={limit}").status_code == 200
        costs.append(len(queries))

    assert costs[0] == costs[1] <= MORE.get(operation.action, MOST)


def test_a_key_is_read_by_one_query_and_known_by_none(here, django_assert_num_queries):
    client = here.script(Role.OWNER)

    with CaptureQueriesContext(connection) as first:
        client.get(f"{API}/permissions")
    assert sum("token_hash" in query["sql"] for query in first if "SELECT" in query["sql"]) == 1
    with django_assert_num_queries(1):  # its creator's roles, which say whether it is still so
        client.get(f"{API}/permissions")
