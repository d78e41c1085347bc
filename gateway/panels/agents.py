"""The rows of agents: what answers each, what is wrong with that, what it cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.urls import reverse

from accounts.authority import Principal
from accounts.panels.people import lacking
from foundation.panels import MenuItem, Way
from gateway.agent_routes import AgentRoute, Level, route_of
from gateway.models import Agent, AgentToken, Limit
from gateway.models.agent import AgentQuerySet
from gateway.panels.limits import limits_of
from gateway.services.explaining import choosing_at
from gateway.snapshots.outlooks import outlooks_of
from usage.lately import sums_since

COST_DAYS: Final = 30
_LOOKS: Final[Mapping[Level, str]] = {
    Level.GOOD: "is-good",
    Level.WARNING: "is-warning",
    Level.BAD: "is-bad",
}


@dataclass(frozen=True, slots=True)
class Spent:
    """What one agent asked for lately; the cost is None where nothing had a price."""

    requests: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AgentRow:
    agent: Agent
    route: AgentRoute
    spent: Spent
    url: str
    retiring: Sequence[AgentToken]
    menu: tuple[MenuItem, ...]

    @property
    def look(self) -> str:
        return _LOOKS[self.route.level]

    @property
    def is_unwell(self) -> bool:
        return self.route.level is not Level.GOOD

    @property
    def state(self) -> str:
        """One word for the badge."""
        return {Level.GOOD: "ready", Level.WARNING: "warning"}.get(self.route.level, "no answer")


def agent_rows(agents: Iterable[Agent], principal: Principal) -> tuple[AgentRow, ...]:
    """Give each agent a row; they come `with_route`. Six queries, however many."""
    found = list(agents)
    spent = spent_by([agent.public_id for agent in found], principal)
    return tuple(
        _row(agent, route, spent.get(agent.public_id, Spent()), principal)
        for agent, route in _routes(found, now=principal.now)
    )


def warnings_among(agents: AgentQuerySet, *, now: datetime) -> int:
    """Count the agents whose route has a warning; ten queries, and one look at each way to go.

    Agents that go one way share it, but for a limit of their own that wants prices.
    """
    own = Limit.objects.wanting_prices().filter(agent=OuterRef("pk"))
    ways = (
        agents.order_by()
        .annotate(wants_prices=Exists(own))
        .values("project", "agent_type", "routing", "pinned_model", "facade", "wants_prices")
    )
    counts = dict(ways.annotate(first=Min("pk"), count=Count("pk")).values_list("first", "count"))
    routes = _routes(Agent.objects.filter(pk__in=counts).with_route(), now=now)
    return sum(counts[agent.pk] for agent, route in routes if route.level is not Level.GOOD)


def spent_by(agents: Sequence[str], principal: Principal) -> dict[str, Spent]:
    """Add up what agents, by public id, have cost in the last 30 days; one query."""
    since: datetime = principal.now - timedelta(days=COST_DAYS)
    found = sums_since(principal, Q(agent_public_id__in=agents), since, by="agent_public_id")
    return {agent: Spent(sums.requests, sums.known_cost) for agent, sums in found.items()}


def _routes(agents: Iterable[Agent], *, now: datetime) -> list[tuple[Agent, AgentRoute]]:
    """Tell where each agent's requests go; five queries, and one look at the breakers."""
    found = list(agents)
    if not found:
        return []
    choosing, _ = choosing_at(now.timestamp())
    ahead = zip(found, outlooks_of(found), strict=True)
    return [(agent, route_of(agent, outlook, choosing)) for agent, outlook in ahead]


def _row(agent: Agent, route: AgentRoute, spent: Spent, principal: Principal) -> AgentRow:
    retiring = agent.retiring_at(principal.now)
    return AgentRow(agent, route, spent, _url(agent, "change"), retiring, _menu(agent, principal))


def _menu(agent: Agent, principal: Principal) -> tuple[MenuItem, ...]:
    lacks_change = lacking(principal, "agents:UpdateAgent", agent)
    return (
        MenuItem("View", _url(agent, "change"), Way.OPEN),
        MenuItem("Connect", _url(agent, "connect"), Way.OPEN),
        MenuItem("Edit", _url(agent, "edit"), Way.ASK, lacks_change),
        MenuItem("Rotate the token", _url(agent, "rotate"), Way.ASK, lacks_change),
        MenuItem("Limits", limits_of(agent.public_id), Way.OPEN),
        MenuItem("Impact", _url(agent, "impact"), Way.ASK),
        MenuItem(
            "Delete",
            _url(agent, "delete"),
            Way.ASK,
            lacking(principal, "agents:DeleteAgent", agent),
            is_dangerous=True,
        ),
    )


def _url(agent: Agent, page: str) -> str:
    return reverse(f"admin:gateway_agent_{page}", args=[agent.public_id])
