"""What an agent's page says of its route is what the gateway would do, case by case."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.principal import Principal
from gateway.agent_routes import Level
from gateway.breaker import State
from gateway.callers import caller_of_agent
from gateway.claiming import payable
from gateway.models import AccessGrant, Agent
from gateway.panels.agents import agent_rows, warnings_among
from gateway.refusals import Refusal
from gateway.routes import Need
from gateway.routing import Choosing, candidates
from gateway.sharing import text_of
from gateway.snapshots.loading import table_of
from providers.health import Health, Mode
from providers.kinds.vocabulary import Format
from providers.models import ProjectRouting, Provider, ProviderModel
from tests.factories import make_agent, make_limit, make_model, make_provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def near(project):
    provider = make_provider(project, name="Near")
    provider.models.update(input_price="1", output_price="2")
    return provider


@pytest.fixture
def spare(project):
    provider = make_provider(project, name="Spare", models=("spare-model",))
    provider.models.update(input_price="1", output_price="2")
    return provider


@pytest.fixture
def world(project, near, spare, breakers):
    """An agent of each routing: two go on to the spare model, one has no other."""
    first, second = near.models.get(), spare.models.get()
    ProjectRouting.objects.create(project=project, active_model=first, fallback_model=second)
    facade = make_model(project, first, second, slug="smart")
    make_agent(project, name="pinned", routing="pinned", pinned_model=first)
    make_agent(project, name="inheriting")
    make_agent(project, name="choosing", routing="client")
    make_agent(project, name="facade", routing="facade", facade=facade)
    return project


def routes(project, owner):
    rows = agent_rows(Agent.objects.with_route().by_name(), Principal(owner, project))
    return {row.agent.name: row.route for row in rows}


def by_gateway(project, agent, now, is_open=lambda _target, _now: False):
    """Ask the gateway's own functions, with what it loads itself; None for a refusal."""
    caller, need = caller_of_agent(agent), Need(Format.CHAT)
    try:
        found = candidates(
            table_of(project.pk), "", caller, need, Choosing(is_open, lambda: 0.5, now)
        )
        return payable(found, caller.limits)[0].id
    except Refusal:
        return None


def near_is(**changes):
    return lambda: Provider.objects.filter(name="Near").update(**changes)


def model_is(**changes):
    return lambda: ProviderModel.objects.filter(provider__name="Near").update(**changes)


def routing_is(**changes):
    return lambda: ProjectRouting.objects.update(**changes)


def drill():
    until = timezone.now() + timedelta(minutes=5)
    ProjectRouting.objects.update(
        drilled_provider=Provider.objects.get(name="Near"), drilled_until=until
    )


def budget_without_prices(**lenience):
    def prepare():
        model_is(input_price=None)()
        make_limit(
            ProjectRouting.objects.get().project, measure="usd_per_day", amount=5, **lenience
        )

    return prepare


def budget_of_one_agent():
    model_is(input_price=None)()
    make_limit(Agent.objects.get(name="pinned"), measure="usd_per_day", amount=5)


GOOD, WARNING, BAD = Level.GOOD, Level.WARNING, Level.BAD
CASES = {
    "all is well": (lambda: None, GOOD, GOOD, GOOD, ""),
    "disabled": (near_is(status="disabled"), BAD, WARNING, WARNING, "Near is disabled."),
    "model disabled": (model_is(status="disabled"), BAD, WARNING, WARNING, "is disabled."),
    "down": (near_is(health=Health.RATE_LIMITED), BAD, WARNING, WARNING, "is rate-limited"),
    "other types": (near_is(agent_types=["cline"]), BAD, WARNING, WARNING, "not serve Custom"),
    "gone from its server": (
        model_is(missing_since=timezone.now()),
        BAD,
        WARNING,
        WARNING,
        "no longer has",
    ),
    "game day": (drill, BAD, WARNING, WARNING, "it is a game day"),
    "terms": (near_is(kind="openai-codex"), BAD, WARNING, WARNING, "have not been accepted"),
    "unpriced": (budget_without_prices(), BAD, WARNING, WARNING, "has no price"),
    "unpriced is fine": (budget_without_prices(allows_unpriced=True), GOOD, GOOD, GOOD, ""),
    "unpriced for one": (budget_of_one_agent, BAD, GOOD, GOOD, "has no price"),
    "fallback mode": (routing_is(mode=Mode.FALLBACK), GOOD, WARNING, GOOD, ""),
    "not granted": (AccessGrant.objects.all().delete, GOOD, GOOD, BAD, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_the_page_says_what_the_gateway_would_do(world, owner, case):
    prepare, pinned, inheriting, facade, words = CASES[case]
    prepare()

    found = routes(world, owner)

    levels = {name: route.level for name, route in found.items()}
    assert levels == {
        "pinned": pinned,
        "inheriting": inheriting,
        "choosing": inheriting,
        "facade": facade,
    }
    assert words in found["pinned"].trouble
    for agent in Agent.objects.with_route():
        page = found[agent.name].in_use
        told = by_gateway(world, agent, timezone.now().timestamp())
        if told is not None and page is None:  # it is asked, for it is the last that is left
            assert found[agent.name].trouble
        else:
            assert (page.public_id if page else None) == told
    for route in found.values():
        assert bool(route.trouble) is bool(route.repair) is (route.level is not GOOD)
    unwell = sum(level is not GOOD for level in levels.values())
    assert warnings_among(Agent.objects.all(), now=timezone.now()) == unwell


def test_a_model_that_is_left_alone_after_failures_warns(world, owner, breakers):
    target = table_of(world.pk).by_path["near/some-model"][0]
    breakers[f"{target.id}/{target.edition}".encode()] = text_of(State(3, 9_999_999_999)).encode()

    found = routes(world, owner)

    assert "failed several times in a row" in found["pinned"].trouble
    assert (found["pinned"].level, found["facade"].level) == (BAD, WARNING)
    assert found["inheriting"].in_use.upstream_id == "spare-model"


def test_in_fallback_mode_the_page_names_the_model_that_answers(world, owner):
    near_is(health=Health.UNREACHABLE)()
    routing_is(mode=Mode.FALLBACK)()

    route = routes(world, owner)["inheriting"]

    assert route.in_use.upstream_id == "spare-model"
    assert [hop.model.upstream_id for hop in route.hops] == ["spare-model", "some-model"]
    assert route.trouble == "Near is unreachable. spare-model at Spare answers instead."


def test_a_facade_whose_grant_was_taken_back_says_so(world, owner):
    AccessGrant.objects.all().delete()

    route = routes(world, owner)["facade"]

    assert route.trouble == "smart is not granted to this project."
    assert route.repair == "Grant it to the project, or choose another model."


def test_a_client_is_warned_of_a_provider_that_speaks_other_formats(world, owner, near):
    make_agent(world, name="claude", agent_type="claude-code")

    route = routes(world, owner)["claude"]

    assert route.level is BAD
    assert "can't be called by Claude Code" in route.trouble
