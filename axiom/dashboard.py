"""The dashboard: what answers now, how today went, what ends soon. It reads rows alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from django.db.models import Count, Q
from django.utils import timezone

from accounts import expiry
from accounts.expiry import Expiry
from accounts.expiry import registry as expiries
from accounts.models import Project
from accounts.principal import Principal
from accounts.tenancy.querysets import WalledQuerySet
from gateway.models import Agent
from gateway.panels.agents import AgentRow, agent_rows
from providers.health import Health
from providers.models import HealthCheck, ProjectRouting, Provider
from usage.lately import all_since
from usage.models import Writer

SOON: Final = timedelta(days=30)
MOST_PROJECTS: Final = 10
MOST_CHECKS: Final = 5
MOST_ENDING: Final = 8
MOST_AGENTS: Final = 500  # looked at, for a page that loads itself four times a minute
MOST_UNWELL: Final = 8


@dataclass(frozen=True, slots=True)
class Today:
    """What went through since midnight; `cost` is None where nothing was priced."""

    requests: int
    failed: int
    cost: Decimal | None
    unpriced: int

    @property
    def error_rate(self) -> str:
        return f"{100 * self.failed / self.requests:.1f} %" if self.requests else "—"


@dataclass(frozen=True, slots=True)
class Dashboard:
    routings: tuple[ProjectRouting, ...]
    checks: tuple[HealthCheck, ...]
    today: Today
    healths: tuple[tuple[Health, int], ...]
    endings: tuple[Expiry, ...]
    agents: tuple[AgentRow, ...]
    game_days: frozenset[int]  # the routings that have one at this moment
    lost: int | None = None  # calls that a gateway saw and the ledger lacks; for staff


@dataclass(frozen=True, slots=True)
class Window:
    """Whose view it is, of which project: None is everything that they may see."""

    who: Principal
    project: Project | None
    now: datetime

    def rows(self, rows: WalledQuerySet[Any]) -> Any:
        visible = rows.visible_to(self.who)
        return visible.for_project(self.project) if self.project else visible


def dashboard(who: Principal, project: Project | None, *, now: datetime) -> Dashboard:
    """Put it together in a fixed number of queries, however much there is."""
    window = Window(who, project, now)
    watched = ProjectRouting.objects.filter(is_monitored=True).with_models()
    routings = window.rows(watched).select_related("project").order_by("project__name", "pk")
    shown = tuple(routings[:MOST_PROJECTS])
    checks = window.rows(HealthCheck.objects.select_related("provider")).newest_first()
    return Dashboard(
        routings=shown,
        checks=tuple(checks[:MOST_CHECKS]),
        today=_today(window),
        healths=_healths(window),
        endings=_endings(window),
        agents=_unwell_agents(window),
        game_days=frozenset(routing.pk for routing in shown if routing.has_game_day(now=now)),
        lost=Writer.objects.lost() if who.is_staff else None,
    )


def _today(window: Window) -> Today:
    midnight = timezone.localtime(window.now).replace(hour=0, minute=0, second=0, microsecond=0)
    about = Q(project=window.project) if window.project else Q()
    sums = all_since(window.who, about, midnight)
    return Today(sums.requests, sums.failed, sums.known_cost, sums.unpriced)


def _healths(window: Window) -> tuple[tuple[Health, int], ...]:
    """Count the enabled providers of each health, in the order in which Health names them."""
    active = window.rows(Provider.objects.all()).active().order_by()
    counts = dict(active.values_list("health").annotate(Count("pk")))
    return tuple((health, counts[health]) for health in Health if health in counts)


def _unwell_agents(window: Window) -> tuple[AgentRow, ...]:
    """Give the agents that nobody would answer, or not as their makers wish; by name."""
    agents = window.rows(Agent.objects.with_route())[:MOST_AGENTS]
    unwell = (row for row in agent_rows(agents, window.who) if row.is_unwell)
    return tuple(islice(unwell, MOST_UNWELL))


def _endings(window: Window) -> tuple[Expiry, ...]:
    """Give what the calendar has for the next month."""
    until = window.now + SOON
    return expiries.look(expiry.Window(window.who, window.project, window.now, until))[:MOST_ENDING]
