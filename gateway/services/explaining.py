"""Where a call would go, and why: the gateway's own rules, asked by the portal."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import redis

from accounts import announcing
from accounts.models import ApiKey, Project
from accounts.principal import Principal
from gateway.breaker import Breaker
from gateway.callers import caller_of
from gateway.foretelling import foretold
from gateway.models import Agent
from gateway.refusals import Refusal
from gateway.routes import By, Need, Obstacle, Seeker
from gateway.routing import Choosing, Considered, Explained
from gateway.sharing import BREAKERS, states_in
from gateway.snapshots.loading import table_of
from gateway.snapshots.tables import Target
from providers.kinds.vocabulary import Format

_HEAVIER_FIRST: Final = 0.5
_ROUTES: Final = {
    By.NAME: "The name in the request decides.",
    By.DEFAULT: "The project's active model, whatever the request names.",
    By.PIN: "The model that the agent is pinned to, whatever the request names.",
    By.FACADE: "The model that the agent is routed to, whatever the request names.",
}
_WORDS: Final[Mapping[Obstacle, Callable[[Target, Need], str]]] = {
    Obstacle.DISABLED: lambda _target, _need: "It or its provider is disabled.",
    Obstacle.NOT_ALLOWED: lambda _target, _need: "The token may not call it.",
    Obstacle.AGENT_TYPE: lambda target, _need: (
        f"{target.provider_name} serves other types of agents alone."
    ),
    Obstacle.TERMS: lambda target, _need: (
        f"The terms of {target.kind.label} have not been accepted."
    ),
    Obstacle.FORMAT: lambda target, need: (
        f"{target.kind.label} does not speak {need.format.value} for it."
    ),
    Obstacle.CONTEXT_WINDOW: lambda target, need: (
        f"It takes {target.context_window:,} tokens, and the request has {need.count_tokens():,}."
    ),
    Obstacle.BREAKER_OPEN: lambda _target, _need: (
        "It failed several times in a row, and is left alone for a while."
    ),
    Obstacle.DOWN: lambda target, _need: f"{target.provider_name} is down.",
    Obstacle.MISSING: lambda target, _need: (
        f"{target.provider_name} no longer has {target.upstream_id}: pull it again."
    ),
    Obstacle.UNPRICED: lambda _target, _need: (
        "It has no price, and a limit in USD lets only priced models through."
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a call would name and send; `tokens` is how long it is, as far as that matters."""

    model: str
    format: Format = Format.CHAT
    tokens: int = 0

    @property
    def need(self) -> Need:
        return Need(self.format, self.tokens, lambda: self.tokens)


@dataclass(frozen=True, slots=True)
class Step:
    """One target that was considered: its place among the attempts, or why it has none."""

    target: Target
    position: int | None
    obstacle: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What would happen. `sees_breakers` is false while nobody could be asked about them."""

    route: str
    steps: tuple[Step, ...]
    refusal: Refusal | None
    sees_breakers: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "route": self.route,
            "candidates": [_step(step) for step in self.steps if step.position is not None],
            "leftOut": [_step(step) for step in self.steps if step.position is None],
            "refusal": _refusal(self.refusal) if self.refusal else None,
            "seesBreakers": self.sees_breakers,
        }


def explain(who: Principal | ApiKey | Agent, question: Question, *, project: Project) -> Answer:
    """Say which models a call of somebody's would be sent to, in order, and why no others.

    Between backends of one priority the heavier ones come first here; calls draw lots.
    """
    caller = caller_of(who, project)
    choosing, sees_breakers = choosing_at(time.time())
    told = foretold(table_of(project.pk), question.model, caller, question.need, choosing)
    return Answer(_route(caller), _steps(told, question.need), told.refusal, sees_breakers)


def choosing_at(now: float) -> tuple[Choosing, bool]:
    """Give what choices depend on at a moment of Unix time, and whether breakers could be seen."""
    breaker = Breaker()
    sees_breakers = _learn(breaker, now=now)
    return Choosing(breaker.is_open, lambda: _HEAVIER_FIRST, now), sees_breakers


def _learn(breaker: Breaker, *, now: float) -> bool:
    """Ask the other processes how breakers stand."""
    try:
        breaker.learn(states_in(announcing.client().hgetall(BREAKERS), now=now))
    except (redis.RedisError, OSError):
        return False
    return True


def _route(caller: Seeker) -> str:
    return _ROUTES[caller.route.by]


def _steps(told: Explained, need: Need) -> tuple[Step, ...]:
    places = {target.id: place for place, target in enumerate(told.candidates, start=1)}
    steps = (_as_step(one, places.get(one.target.id), need) for one in told.considered)
    return tuple(sorted(steps, key=lambda step: step.position or len(told.considered) + 1))


def _as_step(one: Considered, position: int | None, need: Need) -> Step:
    if one.obstacle is None:
        reason = "Usable." if position is not None else "Usable, but the name is not clear."
        return Step(one.target, position, "", reason)
    return Step(one.target, None, one.obstacle.value, _WORDS[one.obstacle](one.target, need))


def _step(step: Step) -> dict[str, Any]:
    target = step.target
    return {
        "position": step.position,
        "modelId": target.id,
        "model": target.name,
        "providerId": target.provider_id,
        "obstacle": step.obstacle or None,
        "reason": step.reason,
    }


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {"status": refusal.status, "code": refusal.code, "message": refusal.message}
