"""What an agent's page says of its route: one unhealthy provider touches only its own agents."""

import pytest

from accounts.principal import Principal
from gateway.agent_routes import Level
from gateway.models import Agent
from gateway.panels.agents import agent_rows
from providers.models import Health, ProjectRouting, Provider
from tests.factories import make_agent, make_grant, make_model, make_provider

pytestmark = pytest.mark.django_db


def routes(project, owner):
    rows = agent_rows(Agent.objects.with_route().by_name(), Principal(owner, project))
    return {row.agent.name: row.route for row in rows}


def sick(provider, health=Health.UNREACHABLE):
    Provider.objects.filter(pk=provider.pk).update(health=health, health_reason="no answer in 15 s")


def test_only_the_agents_of_an_unhealthy_provider_are_warned_of(project, owner):
    ill, well = make_provider(project, name="Ill"), make_provider(project, name="Well")
    sick(ill)
    ProjectRouting.objects.create(project=project, active_model=well.models.first())
    make_agent(project, name="pinned", routing="pinned", pinned_model=ill.models.first())
    make_agent(project, name="inheriting")

    found = routes(project, owner)

    assert found["inheriting"].level is Level.GOOD
    assert found["pinned"].level is Level.BAD
    assert found["pinned"].trouble == "Ill is unreachable: no answer in 15 s."
    assert found["pinned"].repair == "Check Ill, or choose another model."


def test_a_fallback_that_answers_is_named_in_the_warning(project, owner):
    ill, well = make_provider(project, name="Ill"), make_provider(project, name="Well")
    sick(ill, Health.INVALID_KEY)
    ProjectRouting.objects.create(
        project=project, active_model=ill.models.first(), fallback_model=well.models.first()
    )
    make_agent(project, name="one")

    route = routes(project, owner)["one"]

    assert (route.level, route.in_use) == (Level.WARNING, well.models.first())
    assert "some-model at Well answers instead" in route.trouble
    assert route.repair == "Replace the credential of Ill."


def test_a_facade_goes_on_to_its_next_backend(project, owner):
    first, second = make_provider(project, name="A"), make_provider(project, name="B")
    facade = make_model(project, first.models.first(), second.models.first())
    make_agent(project, name="one", routing="facade", facade=facade)
    first.disable()

    route = routes(project, owner)["one"]

    assert route.in_use == second.models.first()
    assert route.trouble.startswith("A is disabled.")


@pytest.mark.parametrize(
    ("prepare", "trouble"),
    [
        (lambda _provider: None, ""),
        (lambda provider: provider.models.first().disable(), "is disabled"),
        (lambda provider: sick(provider, Health.DEGRADED), "is slow"),
        (
            lambda _provider: Provider.objects.update(agent_types=["cline"]),
            "does not serve Custom",
        ),
    ],
)
def test_each_trouble_is_said_in_words(project, owner, prepare, trouble):
    provider = make_provider(project, models=("a", "b"))
    make_agent(project, name="one", routing="pinned", pinned_model=provider.models.first())

    prepare(provider)

    said = routes(project, owner)["one"].trouble
    assert trouble in said
    assert bool(trouble) is bool(said)


def test_a_project_without_an_active_model_says_what_to_do(project, owner):
    make_agent(project, name="one")

    route = routes(project, owner)["one"]

    assert (route.level, route.in_use) == (Level.BAD, None)
    assert route.trouble == "This project has no active model."


def test_a_shared_model_that_is_not_granted_does_not_answer(project, owner):
    shared = Provider.objects.create(name="Shared", kind="openai")
    model = shared.models.create(upstream_id="m")
    ProjectRouting.objects.create(project=project, active_model=model)
    make_agent(project, name="one")

    assert "not granted" in routes(project, owner)["one"].trouble
    make_grant(project=project, provider=shared)
    assert routes(project, owner)["one"].level is Level.GOOD


def test_many_agents_cost_no_more_queries_than_one(project, owner, django_assert_max_num_queries):
    for _ in range(6):
        provider = make_provider(project)
        make_agent(project, routing="pinned", pinned_model=provider.models.first())
        facade = make_model(project, provider.models.first())
        make_agent(project, routing="facade", facade=facade)

    with django_assert_max_num_queries(11):
        assert len(routes(project, owner)) == 12
