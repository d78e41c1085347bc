"""A project's routing as its page shows it: the mode, what happened, and what can be done."""

from dataclasses import dataclass
from datetime import datetime

from accounts.authority import Principal
from providers.models import HealthCheck, ProjectRouting, ProviderModel, RoutingEvent
from providers.panels.menus import lacking

EVENTS = 10
CHECKS = 5


@dataclass(frozen=True, slots=True)
class RoutingPage:
    """`cannot_change` is a reason; `is_dead` says that a game day is under way."""

    routing: ProjectRouting
    events: tuple[RoutingEvent, ...]
    checks: tuple[HealthCheck, ...]
    is_dead: bool
    cannot_change: str

    @property
    def serving(self) -> ProviderModel | None:
        """The model that is asked first."""
        routing = self.routing
        return routing.fallback_model if routing.is_falling_back else routing.active_model

    @property
    def progress(self) -> str:
        """Say how far the monitor has counted; empty where there is nothing to tell."""
        routing = self.routing
        if routing.is_falling_back:
            needed = routing.successes_before_recovery
            return f"Recovery checks running: {routing.successes} of {needed} healthy in a row."
        if not routing.failures:
            return ""
        return f"{routing.failures} of {routing.failures_before_fallback} failures in a row."


def routing_page(routing: ProjectRouting, principal: Principal, *, now: datetime) -> RoutingPage:
    """Put the page together; two queries, for what happened and for the last checks."""
    project = routing.project
    models = [model for model in (routing.active_model, routing.fallback_model) if model]
    providers = {model.provider_id for model in models}
    checks = HealthCheck.objects.filter(provider__in=providers).select_related("provider")
    events = RoutingEvent.objects.for_project(project)
    return RoutingPage(
        routing=routing,
        events=tuple(events.newest_first()[:EVENTS]),
        checks=tuple(checks.newest_first()[:CHECKS]),
        is_dead=routing.has_game_day(now=now),
        cannot_change=lacking(principal, "routing:UpdateRouting", None, project=project),
    )
