"""Agents and grants at the gateway: where each agent's calls lead, and who may call what."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Role
from gateway.models import AccessGrant, Agent, BackendDraft
from gateway.services import access, agents
from gateway.services.agents import AgentDraft
from providers.models import Provider, ProviderModel, Secret
from tests import factories
from tests.gateway import records
from tests.gateway import upstream as up
from usage.models import UsageRecord

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture
def spare_model(aurora, spare):
    """A second provider's model, which nothing leads to by itself."""
    return records.make_provider(
        aurora, spare, name="Spare AI", models=("spare-model",)
    ).models.get()


@pytest.fixture
def shared_model(spare):
    """A model that staff share."""
    host = f"http://127.0.0.1:{spare.port}"
    secret = Secret(project=None, name="Shared key", kind="custom", host=host)
    secret.seal({"api_key": records.KEY}, now=timezone.now())
    secret.save()
    made = Provider.objects.create(
        name="Shared AI", kind="custom", base_url=spare.base_url, secret=secret
    )
    return made.models.create(upstream_id="shared-model")


def agent_of(aurora, **fields):
    return factories.make_agent(aurora, **fields)


def listed(gateway, token):
    gateway.notice()
    told = gateway.send("GET", "/v1/models", token)
    assert told.status == 200, told.body
    return [row["id"] for row in told.json["data"]]


def test_one_that_inherits_gets_the_active_model_whatever_it_names(gateway, aurora, spare_model):
    _, token = agent_of(aurora)

    for name in ("default", "claude-opus-5", "spare-ai/spare-model"):
        told = gateway.chat(token, model=name)
        assert (told.status, told.headers["x-axiom-provider"]) == (200, "near-ai"), told.body


def test_a_pin_wins_over_what_is_named(gateway, aurora, spare_model):
    _, token = agent_of(aurora, routing="pinned", pinned_model=spare_model)

    assert gateway.chat(token).headers["x-axiom-model"] == "spare-model"


def test_a_facade_wins_over_what_is_named_and_goes_on_where_one_fails(
    gateway, aurora, provider, upstream, spare_model
):
    first = BackendDraft(provider.models.first(), priority=1)
    facade = factories.make_model(aurora, first, BackendDraft(spare_model, priority=2))
    _, token = agent_of(aurora, routing="facade", facade=facade)

    upstream.next.append(up.answer({"error": {"message": "busy"}}, status=503))
    told = gateway.chat(token, model="anything")

    assert told.headers["x-axiom-model"] == "spare-model"
    assert told.headers["x-axiom-attempts"] == "2"


def test_one_whose_client_chooses_is_led_by_the_name(gateway, aurora, spare_model):
    _, token = agent_of(aurora, routing="client")

    told = gateway.chat(token, model="spare-ai/spare-model")

    assert told.headers["x-axiom-model"] == "spare-model"
    assert gateway.chat(token, model="no-such-model").status == 404


def test_switching_is_just_the_next_request(gateway, aurora, spare_model):
    agent, token = agent_of(aurora)
    assert gateway.chat(token).headers["x-axiom-provider"] == "near-ai"

    draft = AgentDraft(agent.name, "custom", "pinned", spare_model)
    agents.change(agent, draft, by=None)
    gateway.notice()

    assert gateway.chat(token).headers["x-axiom-provider"] == "spare-ai"


def test_a_provider_that_does_not_serve_its_type_answers_it_nothing(
    gateway, aurora, provider, spare_model
):
    Provider.objects.filter(pk=provider.pk).update(agent_types=["codex-cli"])
    _, codex = agent_of(aurora, agent_type="codex-cli")
    _, cline = agent_of(aurora, agent_type="cline")

    assert gateway.chat(codex).status == 200
    assert gateway.chat(cline).status in {400, 403}


def test_its_calls_are_on_record_under_its_name_and_it_was_seen(gateway, aurora):
    agent, token = agent_of(aurora)

    assert gateway.chat(token).status == 200
    gateway.settle()

    row = UsageRecord.objects.get()
    assert (row.agent_public_id, row.key_public_id) == (agent.public_id, "")
    assert Agent.objects.get().last_seen_at is not None


def test_a_rotated_token_works_beside_the_new_one_until_it_ends(gateway, aurora):
    agent, old = agent_of(aurora)
    now = timezone.now()

    new = agents.rotate(agent, overlap=timedelta(hours=1), by=None, now=now)
    assert [gateway.chat(token).status for token in (old, new)] == [200, 200]
    newest = agents.rotate(agent, overlap=timedelta(0), by=None, now=now)
    gateway.notice()

    assert [gateway.chat(token).status for token in (old, new, newest)] == [401, 401, 200]


def test_a_deleted_agent_is_refused(gateway, aurora):
    agent, token = agent_of(aurora)
    assert gateway.chat(token).status == 200

    agents.remove(agent, by=None)
    gateway.notice()

    assert gateway.chat(token).status == 401


def test_the_answer_to_a_wrong_one_says_where_tokens_are_made(gateway):
    told = gateway.chat("axa_" + "x" * 43)

    assert told.status == 401
    assert "Agents" in told.error["message"]


def test_a_facade_is_called_by_its_slug_and_listed(gateway, aurora, provider, token):
    factories.make_model(aurora, provider.models.first(), slug="fast")

    assert gateway.chat(token, model="fast").status == 200
    assert "fast" in listed(gateway, token)


def test_without_a_grant_it_is_refused_and_not_listed(gateway, aurora, provider, token):
    facade = factories.make_model(aurora, provider.models.first(), slug="fast")
    _, agents_token = agent_of(aurora, routing="client")
    assert gateway.chat(token, model="fast").status == 200

    access.take_back(facade.grants.get(), by=None)
    gateway.notice()

    for refused in (token, agents_token):
        told = gateway.chat(refused, model="fast")
        assert told.status == 403
        assert "fast" not in listed(gateway, refused)


def test_persons_and_groups_add_up_and_reach_their_own_keys_alone(gateway, aurora, provider):
    facade = factories.make_model(aurora, provider.models.first(), slug="fast")
    access.take_back(facade.grants.get(), by=None)
    ada, ben, cyd = (factories.make_member(aurora, Role.EDITOR) for _ in range(3))
    group = Group.objects.create(name="Analysts")
    ben.groups.add(group)
    access.give(AccessGrant(user=ada, model=facade), by=None)
    access.give(AccessGrant(group=group, model=facade), by=None)
    gateway.notice()

    statuses = [
        gateway.chat(factories.make_key(aurora, created_by=one)[1], model="fast").status
        for one in (ada, ben, cyd)
    ]

    assert statuses == [200, 200, 403]


def test_a_keys_policy_takes_away_from_what_was_granted(gateway, aurora, provider):
    model = provider.models.first()
    facade = factories.make_model(aurora, model, slug="fast")
    other = factories.make_model(aurora, model, slug="best")
    policy = [
        {
            "effect": "Allow",
            "action": ["models:Invoke"],
            "resource": [facade.public_id, model.public_id],
        }
    ]
    _, token = factories.make_key(aurora, policy=policy)

    assert gateway.chat(token, model="fast").status == 200
    assert gateway.chat(token, model=other.slug).status == 403


def test_a_shared_provider_reaches_a_project_through_a_grant_alone(
    gateway, aurora, shared_model, token
):
    name = "shared-ai/shared-model"
    assert gateway.chat(token, model=name).status in {403, 404}
    assert name not in listed(gateway, token)

    grant = access.give(AccessGrant(project=aurora, provider=shared_model.provider), by=None)
    gateway.notice()
    assert gateway.chat(token, model=name).status == 200
    assert name in listed(gateway, token)

    access.take_back(grant, by=None)
    gateway.notice()
    assert gateway.chat(token, model=name).status in {403, 404}


def test_a_shared_facade_lends_its_backends_to_whom_it_is_granted(
    gateway, aurora, shared_model, token
):
    facade = factories.make_model(None, shared_model, slug="house")
    assert gateway.chat(token, model="house").status in {403, 404}

    access.give(AccessGrant(project=aurora, model=facade), by=None)
    gateway.notice()

    assert gateway.chat(token, model="house").status == 200
    assert "house" in listed(gateway, token)
    assert gateway.chat(token, model="shared-ai/shared-model").status in {403, 404}


def test_a_draft_and_a_disabled_one_are_no_names(gateway, aurora, provider, token):
    factories.make_model(aurora, slug="later")
    off = factories.make_model(aurora, provider.models.first(), slug="off")
    off.disable()

    assert [gateway.chat(token, model=name).status for name in ("later", "off")] == [404, 404]


def test_a_disabled_backend_is_skipped(gateway, aurora, provider, spare_model, token):
    facade = factories.make_model(
        aurora, spare_model, BackendDraft(provider.models.first(), priority=2), slug="fast"
    )
    ProviderModel.objects.filter(pk=spare_model.pk).update(status="disabled")
    facade.refresh_from_db()

    told = gateway.chat(token, model="fast")

    assert (told.status, told.headers["x-axiom-provider"]) == (200, "near-ai")
