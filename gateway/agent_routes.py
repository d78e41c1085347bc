"""Where an agent's requests go now, and what is wrong with that: what its pages say, in words.

The gateway's own rules decide. Built on what is loaded already: no query, no call, no clock.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.foretelling import foretold
from gateway.models import Agent, Model, ModelStatus, Routing
from gateway.routes import By, Need, Obstacle
from gateway.routing import Choosing, Considered
from gateway.snapshots.outlooks import Outlook
from gateway.snapshots.tables import Target
from providers.health import Health
from providers.kinds.vocabulary import Format
from providers.models import ProviderModel
from providers.models.agent_types import AgentType

# What each client sends; a program of one's own may send anything.
_SPEAKS: Final[Mapping[str, Format]] = {
    AgentType.CLAUDE_CODE: Format.MESSAGES,
    AgentType.CODEX_CLI: Format.RESPONSES,
    AgentType.GEMINI_CLI: Format.GEMINI,
    AgentType.OPENCLAW: Format.CHAT,
    AgentType.OPENCODE: Format.CHAT,
    AgentType.CLINE: Format.CHAT,
}

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


_Words = tuple[str, str]  # what is wrong, and what to do

_TROUBLES: Final[Mapping[Obstacle, Callable[[Agent, ProviderModel], _Words]]] = {
    Obstacle.DISABLED: lambda _agent, model: (
        f"{model if model.provider.is_active else model.provider.name} is disabled.",
        "Enable it, or choose another model.",
    ),
    Obstacle.NOT_ALLOWED: lambda _agent, model: (
        f"{model.provider.name} is shared, and not granted to this project.",
        "Ask staff for a grant, or choose another model.",
    ),
    Obstacle.AGENT_TYPE: lambda agent, model: (
        f"{model.provider.name} does not serve {agent.type_label}.",
        "Let it serve this type, or choose another model.",
    ),
    Obstacle.TERMS: lambda _agent, model: (
        f"The terms of {model.provider.kind_row.label} have not been accepted.",
        f"Accept them on the page of {model.provider.name}, or choose another model.",
    ),
    Obstacle.FORMAT: lambda agent, model: (
        f"{model.provider.name} can't be called by {agent.type_label}: it speaks other formats.",
        "Choose a model of another provider.",
    ),
    Obstacle.BREAKER_OPEN: lambda _agent, model: (
        f"{model} failed several times in a row, and is left alone for a while.",
        f"Check {model.provider.name}, or choose another model.",
    ),
    Obstacle.DOWN: lambda _agent, model: _down(model),
    Obstacle.MISSING: lambda _agent, model: (
        f"{model.provider.name} no longer has {model.upstream_id}.",
        "Pull it again, or choose another model.",
    ),
    Obstacle.UNPRICED: lambda _agent, model: (
        f"{model} has no price, and a limit in USD lets only priced models through.",
        "Give it its prices, or let the limit allow it.",
    ),
}


def route_of(agent: Agent, outlook: Outlook, choosing: Choosing) -> AgentRoute:
    """Tell where an agent's next request goes, of one that names no model."""
    source = _source(agent)
    told = foretold(outlook.table, "", outlook.caller, _need(outlook), choosing)
    hops = tuple(_hop(agent, one, outlook, choosing) for one in told.considered)
    if agent.facade and not agent.facade.is_active:
        return AgentRoute(source, None, Level.BAD, *_inactive(agent.facade), hops)
    if not hops:
        return AgentRoute(source, None, Level.BAD, *_nothing(agent, outlook))
    used = next((hop for hop in hops if hop.is_usable), None)
    if used is None:
        first = hops[0]
        return AgentRoute(source, None, Level.BAD, first.trouble, first.repair, hops)
    return _answered(source, used, hops, outlook)


def _answered(source: str, used: Hop, hops: Sequence[Hop], outlook: Outlook) -> AgentRoute:
    model, kept = used.model, tuple(hops)
    wanted = _wanted(hops, outlook)
    if used is not wanted:
        trouble = (
            f"{wanted.trouble or 'This project is in fallback mode.'} {model} answers instead."
        )
        repair = (
            wanted.repair or f"{wanted.model} is asked again once it has been well for a while."
        )
        return AgentRoute(source, model, Level.WARNING, trouble, repair, kept)
    if model.provider.health == Health.DEGRADED:
        reason = model.provider.health_reason
        slow = f"{model.provider.name} is slow{f' ({reason})' if reason else ''}."
        repair = _REPAIRS[Health.DEGRADED]
        return AgentRoute(source, model, Level.WARNING, slow, repair, kept)
    return AgentRoute(source, model, Level.GOOD, hops=kept)


def _wanted(hops: Sequence[Hop], outlook: Outlook) -> Hop:
    """Find the model that people have chosen: in fallback mode it is asked last."""
    follows_project = outlook.caller.route.by in {By.DEFAULT, By.NAME}
    return hops[-1] if outlook.is_falling_back and follows_project else hops[0]


def _need(outlook: Outlook) -> Need:
    """Say what its client sends; of a program of one's own, what its first model speaks."""
    spoken = (one for target in outlook.table.targets for one in sorted(target.formats))
    known = _SPEAKS.get(outlook.caller.agent_type)
    return Need(known or next(spoken, Format.CHAT))


def _hop(agent: Agent, one: Considered, outlook: Outlook, choosing: Choosing) -> Hop:
    model = outlook.models[one.target.id]
    obstacle = one.obstacle or _illness(one.target, choosing)
    return Hop(model, *_TROUBLES[obstacle](agent, model)) if obstacle else Hop(model)


def _illness(target: Target, choosing: Choosing) -> Obstacle | None:
    """Say what is wrong with one that is asked all the same, for it is the last that is left."""
    if choosing.is_open(target, choosing.now):
        return Obstacle.BREAKER_OPEN
    if target.is_well(choosing.now):
        return None
    return Obstacle.MISSING if target.is_missing and not target.is_down else Obstacle.DOWN


def _down(model: ProviderModel) -> _Words:
    provider, health = model.provider, Health(model.provider.health)
    if not health.is_down:
        return (
            f"{provider.name} plays dead: it is a game day.",
            "End the game day, or wait until it is over.",
        )
    reason = f": {provider.health_reason}" if provider.health_reason else ""
    trouble = f"{provider.name} {DOWN[health]}{reason.rstrip('.')}."
    return trouble, _REPAIRS[health].format(provider=provider.name)


def _inactive(facade: Model) -> _Words:
    if facade.status == ModelStatus.DRAFT:
        trouble = f"{facade.slug} is a draft: it has no usable backend."
        return trouble, "Enable or add one, or choose another model."
    return f"{facade.slug} is {facade.status}.", "Activate it, or choose another."


def _nothing(agent: Agent, outlook: Outlook) -> _Words:
    if not agent.facade:
        return "This project has no active model.", "Make one active, on the Providers page."
    if agent.facade.public_id in (outlook.caller.facades or ()):
        return f"{agent.facade.slug} has no backend.", "Add one, or choose another model."
    trouble = f"{agent.facade.slug} is not granted to this project."
    return trouble, "Grant it to the project, or choose another model."


def _source(agent: Agent) -> str:
    words = {
        Routing.INHERIT: "inherited",
        Routing.PINNED: "pinned",
        Routing.CLIENT: "where the client names none",
    }
    return words.get(Routing(agent.routing)) or f"under {agent.facade}"
