"""What the Connect page gives to each type of agent, done in a home that was never used.

Each program is the vendor's own, and asks the gateway as it asks the vendor.
"""

from datetime import timedelta

import pytest

from gateway import connecting
from gateway import server as gateway_server
from providers.models.agent_types import AgentType
from tests import factories
from tests.gateway import upstream as up
from tests.gateway.clients.programs import CLIENTS, PROMPT, Desk, is_installed, need
from tests.gateway.speakers import make_active, move_kind, speaking_provider
from usage.models import UsageRecord

CONVERSING = [name for name, client in CLIENTS.items() if client.goes_on]
WAIT = timedelta(seconds=3)


def test_every_type_but_custom_has_its_program():
    assert {*AgentType} - {*CLIENTS} == {AgentType.CUSTOM}


@pytest.mark.client
def test_there_are_programs_to_try():
    assert any(map(is_installed, CLIENTS.values()))


@pytest.fixture
def lost(monkeypatch):
    """What clients asked for that is not there, as the gateway told them."""
    told = []
    refuse = gateway_server.refuse

    def refuse_and_note(call, refusal):
        told.append(str(refusal))
        return refuse(call, refusal)

    monkeypatch.setattr(gateway_server, "refuse", refuse_and_note)
    return told


@pytest.fixture
def sit_down(monkeypatch, aurora, upstream, spare, gateway, tmp_path):
    """Set up an agent's program as its Connect page says, at a provider that speaks its format."""

    def sit_down(agent_type):
        client = CLIENTS[agent_type]
        need(client, tmp_path)
        move_kind(monkeypatch, client.speaker, upstream, spare)
        make_active(aurora, speaking_provider(aurora, client.speaker, upstream))
        upstream.usually = client.speaker.plainly
        agent, token = factories.make_agent(aurora, agent_type=agent_type)
        desk = Desk(client, tmp_path, token)
        desk.follow(connecting.for_client(agent_type, f"http://127.0.0.1:{gateway.port}"))
        return desk, agent

    return sit_down


@pytest.mark.client
@pytest.mark.parametrize("agent_type", CLIENTS)
def test_a_program_that_is_set_up_as_told_gets_its_answer(agent_type, sit_down, gateway, lost):
    desk, agent = sit_down(agent_type)

    printed = desk.ask()

    gateway.settle()
    rows = UsageRecord.objects.values_list("agent_public_id", "format", "status")
    assert "Hello" in printed
    assert {*rows} == {(agent.public_id, CLIENTS[agent_type].speaker.format, 200)}
    assert lost == []


@pytest.mark.client
@pytest.mark.parametrize("agent_type", CONVERSING)
def test_a_route_that_is_switched_takes_over_in_the_middle_of_a_conversation(
    agent_type, sit_down, gateway, aurora, spare
):
    desk, _ = sit_down(agent_type)
    other = speaking_provider(aurora, CLIENTS[agent_type].speaker, spare)
    spare.usually = CLIENTS[agent_type].speaker.plainly

    desk.ask()
    make_active(aurora, other)
    gateway.notice()
    desk.ask(CLIENTS[agent_type].goes_on)

    assert spare.seen[-1].body.decode().count(PROMPT) == 2


@pytest.mark.client
@pytest.mark.parametrize("agent_type", CLIENTS)
def test_a_client_that_is_told_to_wait_asks_again_when_it_may(
    agent_type, sit_down, gateway, upstream
):
    desk, _ = sit_down(agent_type)
    busy = up.answer({"error": {"message": "busy"}}, status=429, headers={"Retry-After": "3"})
    upstream.next.append(busy)

    printed = desk.ask()

    gateway.settle()
    first, second = UsageRecord.objects.order_by("pk")
    assert "Hello" in printed
    assert (first.status, second.status) == (429, 200)
    assert second.started_at - first.started_at >= WAIT
