"""Agents: which routing asks for what, who may be chosen, and what keeps a provider in place."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import AuditEvent, Epoch
from gateway.models import Agent, AgentToken, Routing
from gateway.services import agents
from providers.models import ModelKind, Provider
from providers.models.agent_types import AgentType
from providers.models.refusals import ProviderHasDependents
from tests.factories import make_agent, make_grant, make_model, make_project, make_provider

pytestmark = pytest.mark.django_db


def pinned(project, model, **fields):
    return make_agent(project, routing="pinned", pinned_model=model, **fields)


def refusal_at(field, act):
    with pytest.raises(ValidationError) as refused:
        act()
    assert field in refused.value.message_dict, refused.value.message_dict
    return " ".join(refused.value.message_dict[field])


def test_every_type_of_the_specification_is_there():
    labels = ["Claude Code", "Codex CLI", "Gemini CLI", "OpenClaw", "OpenCode", "Cline", "Custom"]

    assert AgentType.labels == labels


def test_its_token_is_shown_once_and_kept_as_a_hash(project):
    agent, token = make_agent(project)

    row = agent.tokens.get()
    assert token.startswith("axa_")
    assert len(token) >= len("axa_") + 43
    assert row.prefix == token[: len("axa_") + 6]
    assert token not in repr(AgentToken.objects.values())
    assert AgentToken.objects.with_token(token).get() == row


def test_adding_one_is_on_record_and_announced_without_its_token(project, owner):
    before = Epoch.current()

    _, token = make_agent(project)

    event = AuditEvent.objects.get(action="agents:CreateAgent")
    assert Epoch.current() > before
    assert token not in str(event.after)


@pytest.mark.parametrize(("routing", "field"), [("pinned", "pinned_model"), ("facade", "facade")])
def test_a_routing_needs_its_target(project, routing, field):
    assert refusal_at(field, lambda: make_agent(project, routing=routing))


def test_the_database_itself_holds_a_routing_to_its_target(project):
    agent, _ = make_agent(project)

    with pytest.raises(IntegrityError):
        Agent.objects.filter(pk=agent.pk).update(routing=Routing.PINNED)


def test_a_target_that_the_routing_does_not_use_is_dropped(project):
    model = make_provider(project).models.first()
    agent, _ = pinned(project, model)

    draft = agents.draft_of(agent)
    agents.change(agent, type(draft)(agent.name, "custom", "inherit", model), by=None)

    assert Agent.objects.get().pinned_model is None


def test_a_name_is_free_once_in_a_project_in_any_case(project):
    make_agent(project, name="Ada")

    assert "already" in refusal_at("name", lambda: make_agent(project, name="ADA "))
    make_agent(make_project(), name="Ada")


def test_only_the_types_that_a_provider_serves_can_be_pinned_to_it(project):
    model = make_provider(project, agent_types=["codex-cli"]).models.first()

    said = refusal_at("pinned_model", lambda: pinned(project, model, agent_type="claude-code"))

    assert "does not serve agents of the type Claude Code" in said
    pinned(project, model, agent_type="codex-cli")


def test_the_type_of_a_pinned_agent_can_not_change_to_one_that_is_not_served(project):
    model = make_provider(project, agent_types=["codex-cli"]).models.first()
    agent, _ = pinned(project, model, agent_type="codex-cli")
    draft = agents.draft_of(agent)

    changed = type(draft)(agent.name, "cline", "pinned", model)

    assert refusal_at("pinned_model", lambda: agents.change(agent, changed, by=None))


def test_a_pin_stays_inside_its_project_and_on_chat_models(project):
    elsewhere = make_provider().models.first()
    own = make_provider(project).models.first()
    own.kind = ModelKind.EMBEDDING
    own.save()

    assert "of this project" in refusal_at("pinned_model", lambda: pinned(project, elsewhere))
    assert "embeddings" in refusal_at("pinned_model", lambda: pinned(project, own))


def test_a_disabled_model_can_not_be_chosen_and_a_pin_outlives_the_disabling(project):
    model = make_provider(project, models=("a", "b")).models.first()
    agent, _ = pinned(project, model)
    model.disable()

    draft = agents.draft_of(agent)
    agents.change(agent, type(draft)("Renamed", "custom", "pinned", model), by=None)

    assert "disabled" in refusal_at("pinned_model", lambda: pinned(project, model))


def test_a_shared_provider_is_chosen_only_where_it_is_granted(project):
    shared = Provider.objects.create(name="Shared", kind="openai")
    model = shared.models.create(upstream_id="m")

    assert "not granted" in refusal_at("pinned_model", lambda: pinned(project, model))
    make_grant(project=project, provider=shared)
    pinned(project, model)


def test_a_shared_facade_is_chosen_only_where_it_is_granted(project):
    shared = Provider.objects.create(name="Shared", kind="openai")
    facade = make_model(None, shared.models.create(upstream_id="m"))

    def routed():
        return make_agent(project, routing="facade", facade=facade)

    assert "not granted" in refusal_at("facade", routed)
    make_grant(project=project, model=facade)
    routed()


def test_a_provider_that_agents_are_pinned_to_is_not_deleted(project):
    provider = make_provider(project)
    model = provider.models.first()
    for number in range(22):
        pinned(project, model, name=f"Agent {number:02}")

    with pytest.raises(ProviderHasDependents) as refused:
        provider.delete()

    assert (refused.value.code, refused.value.count) == ("AI_PROVIDER_HAS_DEPENDENTS", 22)
    assert len(refused.value.ids) == 20
    assert "22 agents are pinned to" in refused.value.message
    assert "“Agent 00”" in refused.value.message
    assert "and 2 more" in refused.value.message
    assert Provider.objects.filter(pk=provider.pk).exists()


def test_a_model_that_an_agent_is_pinned_to_is_not_removed(project):
    model = make_provider(project, models=("a", "b")).models.first()
    agent, _ = pinned(project, model)

    with pytest.raises(ProviderHasDependents, match=agent.name):
        model.delete()


def test_reassigned_agents_let_their_provider_go(project):
    provider = make_provider(project)
    agent, _ = pinned(project, provider.models.first())

    draft = agents.draft_of(agent)
    agents.change(agent, type(draft)(agent.name, "custom", "inherit"), by=None)
    provider.delete()

    assert not Provider.objects.filter(pk=provider.pk).exists()


def test_a_project_takes_its_agents_along(project):
    provider = make_provider(project)
    pinned(project, provider.models.first())

    project.shred_and_delete(typed_name=project.name, by=None)

    assert not Agent.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("ai.example.com", "https://ai.example.com"),
        ("http://10.0.0.7:8100/", "http://10.0.0.7:8100"),
    ],
)
def test_a_pinned_address_is_kept_as_clients_write_it(project, typed, kept):
    agent, _ = make_agent(project, pinned_url=typed)

    assert agent.pinned_url == kept


@pytest.mark.parametrize(
    "typed", ["ftp://x.example.com", "a b", "https://h/$(id)", "https://u:p@h.io"]
)
def test_an_address_that_would_not_do_in_a_shell_is_refused(project, typed):
    assert refusal_at("pinned_url", lambda: make_agent(project, pinned_url=typed))
