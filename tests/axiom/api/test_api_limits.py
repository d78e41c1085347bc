"""What limits do over REST that no other resource does."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Role
from accounts.permissions import API
from gateway.models import Limit
from tests.axiom.api.world import signed_in
from tests.factories import make_agent, make_key, make_limit, make_project
from tests.usage.lines import use
from usage.models import LimitWindow

pytestmark = pytest.mark.django_db

BUDGET = {"name": "Budget", "measure": "usd_per_day", "amount": "5"}


@pytest.fixture
def script(here):
    return here.script()


def test_a_new_limit_tells_what_its_window_had_before(here, script):
    use(here.provider, at=timezone.now(), cost=Decimal("1.25"))

    told = script.post(f"{API}/limits", BUDGET)

    assert told.status_code == 201, told.content
    said = told.json()
    assert (said["agentId"], said["keyId"]) == (None, None)
    assert Decimal(said["use"]["used"]) >= Decimal("1.25")
    assert Decimal(said["use"]["percent"]) >= 25
    assert said["use"]["refused"] == 0


@pytest.mark.parametrize("on", ["agentId", "keyId"])
def test_a_limit_stands_on_an_agent_or_a_key_of_the_project(here, script, on):
    own = {"agentId": here.agent, "keyId": here.key}[on]
    stranger = {"agentId": make_agent()[0], "keyId": make_key(make_project())[0]}[on]

    told = script.post(f"{API}/limits", BUDGET | {on: own.public_id})
    refused = script.post(f"{API}/limits", BUDGET | {"name": "Two", on: stranger.public_id})

    assert told.json()[on] == own.public_id
    assert refused.status_code == 400
    assert on in refused.content.decode()


def test_a_limit_has_one_subject(here, script):
    both = {"agentId": here.agent.public_id, "keyId": here.key.public_id}

    refused = script.post(f"{API}/limits", BUDGET | both)

    assert refused.status_code == 400
    assert "Choose one" in refused.content.decode()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.5", "measure": "concurrent"}, "amount"),
        ({"measure": "usd_per_year"}, "measure"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(script, sent, field):
    refused = script.post(f"{API}/limits", BUDGET | sent)

    assert refused.status_code == 400
    assert field in refused.content.decode()
    assert not Limit.objects.filter(name="Budget").exists()


def test_a_change_keeps_what_is_used_and_is_on_record(here, script):
    limit = make_limit(here.project, measure="usd_per_day", amount=5, name="Budget")
    LimitWindow.objects.filter(limit=limit.public_id).update(spent=4, told=80)

    told = script.patch(f"{API}/limits/{limit.public_id}", {"amount": "50", "isShadow": True})

    assert told.status_code == 200, told.content
    assert (told.json()["amount"], told.json()["isShadow"]) == ("50.0000", True)
    assert Decimal(told.json()["use"]["used"]) == 4
    window = LimitWindow.objects.get(limit=limit.public_id)
    assert (window.amount, window.told) == (50, 0)
    event = AuditEvent.objects.filter(action="limits:UpdateLimit").get()
    assert event.after["amount"] == "50.0000"


def test_what_a_limit_counts_is_never_changed(here, script):
    limit = make_limit(here.project, measure="usd_per_day", amount=5)

    refused = script.patch(f"{API}/limits/{limit.public_id}", {"measure": "concurrent"})

    assert refused.status_code == 400


def test_a_deleted_limit_leaves_nothing_behind(here, script):
    limit = make_limit(here.project, measure="usd_per_day", amount=5)

    assert script.delete(f"{API}/limits/{limit.public_id}").status_code == 204

    assert not LimitWindow.objects.filter(limit=limit.public_id).exists()


def test_limits_go_along_with_their_agent_and_its_impact_says_so(here, script):
    limit = make_limit(here.agent, measure="concurrent", amount=5, name="Of the agent")

    told = script.get(f"{API}/agents/{here.agent.public_id}/impact")
    script.delete(f"{API}/agents/{here.agent.public_id}")

    assert "Of the agent" in told.content.decode()
    assert not Limit.objects.filter(pk=limit.pk).exists()


def test_a_list_asks_as_often_for_many_as_for_one(here, script):
    def ask():
        with CaptureQueriesContext(connection) as asked:
            assert script.get(f"{API}/limits").status_code == 200
        return [query["sql"][:60] for query in asked]

    for number in range(6):
        agent, _ = make_agent(here.project)
        make_limit(agent, measure="usd_per_day", amount=5, name=f"Limit no {number}")
        if number == 0:
            ask()
            few = ask()

    ask()
    assert ask() == few


def test_an_editor_reads_limits_and_sets_none(here):
    editor = signed_in(here.people[Role.EDITOR])
    project = f"projectId={here.project.public_id}"

    assert editor.get(f"{API}/limits?{project}").status_code == 200
    body = BUDGET | {"projectId": here.project.public_id}
    assert editor.post(f"{API}/limits", body, format="json").status_code == 403
