"""Where an agent's requests go now, and what is wrong with that: what its pages say, in words.

Built on rows that are loaded already: no query, no call, no clock.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.models import Agent, Routing
from providers.health import Health
from providers.models import ProjectRouting, ProviderModel

_REPAIRS: Mapping[str, str] = {
    Health.INVALID_KEY: "Replace the credential of {provider}.",
    Health.RATE_LIMITED: "Wait, raise the limit at the provider, or choose another model.",
    Health.UNREACHABLE: "Check {provider}, or choose another model.",
    Health.DEGRADED: "Nothing has to be done; another model may be faster.",
}


DOWN: Final[Mapping[str, str]] = {
    Health.INVALID_KEY: "has an invalid key",
    Health.RATE_LIMITED: "is rate-limited",
    Health.UNREACHABLE: "is unreachable",
}


class Level(StrEnum):
    """How badly an agent's route is doing, the best first."""

    GOOD = "good"
    WARNING = "warning"  # it is answered, not as its project wants it
    BAD = "bad"  # nobody answers it


@dataclass(frozen=True, slots=True)
class Hop:
    """One model on an agent's route; `trouble` says why it is not used, empty where it is."""

    model: ProviderModel
    trouble: str = ""
    repair: str = ""

    @property
    def is_usable(self) -> bool:
        return not self.trouble


@dataclass(frozen=True, slots=True)
class AgentRoute:
    """What answers an agent: the model in use, None where nothing is, and what to do about it."""

    source: str
    in_use: ProviderModel | None
    level: Level
    trouble: str = ""
    repair: str = ""
    hops: tuple[Hop, ...] = ()


def route_of(agent: Agent, routing: ProjectRouting | None, granted: Collection[int]) -> AgentRoute:
    """Tell where an agent's next request goes. `granted` are the shared providers of its project.

    The agent comes `with_route`, the routing `with_models`.
    """
    hops = tuple(_hop(agent, model, granted) for model in _models(agent, routing))
    source = _source(agent)
    if agent.facade and not agent.facade.is_active:
        trouble = f"{agent.facade.slug} is {agent.facade.status}."
        return AgentRoute(source, None, Level.BAD, trouble, "Activate it, or choose another.", hops)
    if not hops:
        return AgentRoute(source, None, Level.BAD, *_nothing(agent))
    used = next((hop for hop in hops if hop.is_usable), None)
    if used is None:
        first = hops[0]
        return AgentRoute(source, None, Level.BAD, first.trouble, first.repair, hops)
    return _answered(source, used, hops)


def _answered(source: str, used: Hop, hops: Sequence[Hop]) -> AgentRoute:
    first, model = hops[0], used.model
    kept = tuple(hops)
    if used is not first:
        trouble = f"{first.trouble} {model} answers instead."
        return AgentRoute(source, model, Level.WARNING, trouble, first.repair, kept)
    if model.provider.health == Health.DEGRADED:
        reason = model.provider.health_reason
        slow = f"{model.provider.name} is slow{f' ({reason})' if reason else ''}."
        repair = _REPAIRS[Health.DEGRADED]
        return AgentRoute(source, model, Level.WARNING, slow, repair, kept)
    return AgentRoute(source, model, Level.GOOD, hops=kept)


def _models(agent: Agent, routing: ProjectRouting | None) -> Iterator[ProviderModel]:
    if agent.pinned_model:
        yield agent.pinned_model
    elif agent.facade:
        yield from (backend.provider_model for backend in agent.facade.backends.all())
    elif routing:
        chosen = (routing.active_model, routing.fallback_model)
        yield from (model for model in chosen if model)


def _hop(agent: Agent, model: ProviderModel, granted: Collection[int]) -> Hop:
    provider = model.provider
    if not provider.is_active:
        return Hop(model, f"{provider.name} is disabled.", "Enable it, or choose another model.")
    if not model.is_enabled:
        return Hop(model, f"{model} is disabled.", "Enable it, or choose another model.")
    if not provider.serves(agent.agent_type):
        trouble = f"{provider.name} does not serve {agent.type_label}."
        return Hop(model, trouble, "Let it serve this type, or choose another model.")
    reached = provider.project_id is not None or agent.facade is not None
    if not reached and provider.pk not in granted:
        trouble = f"{provider.name} is shared, and not granted to this project."
        return Hop(model, trouble, "Ask staff for a grant, or choose another model.")
    health = Health(provider.health)
    if health.is_down:
        reason = f": {provider.health_reason}" if provider.health_reason else ""
        trouble = f"{provider.name} {DOWN[health]}{reason.rstrip('.')}."
        return Hop(model, trouble, _REPAIRS[health].format(provider=provider.name))
    return Hop(model)


def _nothing(agent: Agent) -> tuple[str, str]:
    if agent.facade:
        return f"{agent.facade.slug} has no backend.", "Add one, or choose another model."
    return "This project has no active model.", "Make one active, on the Providers page."


def _source(agent: Agent) -> str:
    words = {
        Routing.INHERIT: "inherited",
        Routing.PINNED: "pinned",
        Routing.CLIENT: "where the client names none",
    }
    return words.get(Routing(agent.routing)) or f"under {agent.facade}"
