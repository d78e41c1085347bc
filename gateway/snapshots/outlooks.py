"""What lies before the calls of many agents, read at once, for pages."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.callers import Caller
from gateway.models import AccessGrant, Agent, Limit
from gateway.snapshots import access
from gateway.snapshots.loading import target_of
from gateway.snapshots.tables import Table
from providers.models import ProjectRouting, ProviderModel
from usage.prices import prices_of
from usage.pricing import Prices


@dataclass(frozen=True, slots=True)
class Outlook:
    """An agent as a caller, and as much of its project's table as its calls can lead to.

    `models` are the rows behind the targets, by public id. What people have disabled stands in
    the table too: pages say so.
    """

    caller: Caller
    table: Table
    models: Mapping[str, ProviderModel]
    is_falling_back: bool = False


def outlooks_of(agents: Sequence[Agent]) -> list[Outlook]:
    """Look ahead for agents, who come `with_route`; five queries, however many."""
    projects = {agent.project_id for agent in agents}
    routings = {
        routing.project_id: routing
        for routing in ProjectRouting.objects.filter(project__in=projects).with_models()
    }
    ways = {agent.pk: list(_way(agent, routings.get(agent.project_id))) for agent in agents}
    rows = ProviderModel.objects.filter(pk__in={pk for way in ways.values() for pk in way})
    models = {row.pk: row for row in rows.select_related("provider__secret")}
    prices = prices_of(models.values())
    grants = list(_grants(projects))
    limits = list(Limit.objects.wanting_prices().filter(project__in=projects).with_subject())
    return [
        _outlook(
            agent,
            routings.get(agent.project_id),
            [models[pk] for pk in ways[agent.pk]],
            prices,
            _caller(agent, grants, limits),
        )
        for agent in agents
    ]


def _way(agent: Agent, routing: ProjectRouting | None) -> Iterator[int]:
    """Give the models that an agent's calls may lead to, once each."""
    if agent.pinned_model_id:
        yield agent.pinned_model_id
    elif agent.facade:
        yield from (backend.provider_model_id for backend in agent.facade.backends.all())
    elif routing:
        chosen = (routing.active_model_id, routing.fallback_model_id)
        yield from (pk for pk in chosen if pk)


def _outlook(
    agent: Agent,
    routing: ProjectRouting | None,
    way: Iterable[ProviderModel],
    prices: Mapping[int, Prices],
    caller: Caller,
) -> Outlook:
    targets = {model.pk: target_of(model, prices[model.pk], routing) for model in way}
    falls_back = routing.is_falling_back if routing else False
    table = Table.of(
        targets.values(),
        active=_public_id(routing.active_model if routing else None),
        fallback=_public_id(routing.fallback_model if routing else None),
        is_falling_back=falls_back,
        facades=[access.as_facade(agent.facade, targets)] if agent.facade else (),
    )
    return Outlook(caller, table, {model.public_id: model for model in way}, falls_back)


def _caller(agent: Agent, grants: Collection[AccessGrant], limits: Collection[Limit]) -> Caller:
    """Give an agent as a caller with those of its limits that a price matters to."""
    mine = [grant for grant in grants if grant.project_id == agent.project_id]
    return Caller(
        project_pk=agent.project_id,
        project_id=agent.project.public_id,
        key_id="",
        key_name="",
        facades=frozenset(grant.model.public_id for grant in mine if grant.model),
        lent=frozenset(grant.provider.public_id for grant in mine if grant.provider),
        route=access.route_of(agent),
        agent_type=agent.agent_type,
        limits=tuple(limit.rule for limit in limits if limit.concerns(agent)),
    )


def _grants(projects: Iterable[int]) -> Iterable[AccessGrant]:
    return AccessGrant.objects.filter(project__in=projects).select_related("model", "provider")


def _public_id(model: ProviderModel | None) -> str | None:
    return model.public_id if model else None
