"""The pure rules of health: what a check says, and what follows. No query, no call, no clock."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from django.db.models import TextChoices

from providers.kinds.vocabulary import ErrorClass, Outcome


class Health(TextChoices):
    """What was last seen of a provider: set by checks and by live traffic."""

    UNKNOWN = "unknown", "Unknown"
    REACHABLE = "reachable", "Reachable"
    DEGRADED = "degraded", "Degraded"
    RATE_LIMITED = "rate_limited", "Rate-limited"
    UNREACHABLE = "unreachable", "Unreachable"
    INVALID_KEY = "invalid_key", "Invalid key"

    @property
    def is_down(self) -> bool:
        return self in {Health.INVALID_KEY, Health.RATE_LIMITED, Health.UNREACHABLE}


_REFUSALS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Observation:
    """What one check saw; `reason` says in few words why the health is not better."""

    health: Health
    latency_ms: int | None
    error_class: str
    message: str

    @property
    def reason(self) -> str:
        if self.health is Health.REACHABLE:
            return ""
        if self.health is Health.DEGRADED and self.latency_ms is not None:
            return f"{self.latency_ms / 1000:.1f} s"
        return self.message


def classify(outcome: Outcome, *, degraded_threshold_ms: int) -> Observation:
    """Say what one check's outcome means: degraded is strictly over the threshold.

    A refusal of the key counts by its status, or by its words where a provider refuses a key with
    another status; what is neither that nor a rate limit is unreachable.
    """
    return Observation(
        health=_health_of(outcome, degraded_threshold_ms),
        latency_ms=outcome.latency_ms,
        error_class=str(outcome.error_class or ""),
        message=outcome.message,
    )


def _health_of(outcome: Outcome, degraded_threshold_ms: int) -> Health:
    if outcome.ok:
        is_slow = outcome.latency_ms is not None and outcome.latency_ms > degraded_threshold_ms
        return Health.DEGRADED if is_slow else Health.REACHABLE
    if outcome.http_status in _REFUSALS or outcome.error_class is ErrorClass.INVALID_KEY:
        return Health.INVALID_KEY
    is_limited = outcome.http_status == HTTPStatus.TOO_MANY_REQUESTS
    if is_limited or outcome.error_class is ErrorClass.RATE_LIMITED:
        return Health.RATE_LIMITED
    return Health.UNREACHABLE


class Mode(TextChoices):
    """Which of a project's two models is asked first."""

    NORMAL = "normal", "Normal"
    FALLBACK = "fallback", "Fallback"


class Trigger(TextChoices):
    """What of the active model counts as a failure."""

    DOWN = "down", "Down"
    DEGRADED = "degraded", "Degraded or down"


class Event(TextChoices):
    """What a step of the monitor may have to tell people."""

    HEALTHY_TO_DEGRADED = "healthy_to_degraded", "Healthy to degraded"
    DEGRADED_TO_HEALTHY = "degraded_to_healthy", "Degraded to healthy"
    HEALTHY_TO_DOWN = "healthy_to_down", "Healthy to down"
    DEGRADED_TO_DOWN = "degraded_to_down", "Degraded to down"
    TO_FALLBACK = "to_fallback", "To the fallback"
    BACK_TO_PRIMARY = "back_to_primary", "Back to the primary"
    NO_FALLBACK = "no_fallback", "No fallback is set"
    FALLBACK_DOWN = "fallback_down", "The fallback is down too"
    BEGUN_ANEW = "begun_anew", "Begun anew by a person"
    GAME_DAY_BEGUN = "game_day_begun", "A game day began"
    GAME_DAY_ENDED = "game_day_ended", "A game day was ended"


# Of all that a burst of observations brings people hear one thing: the first that they want.
GRAVEST_FIRST: Final = (
    *(Event.NO_FALLBACK, Event.FALLBACK_DOWN, Event.TO_FALLBACK, Event.BACK_TO_PRIMARY),
    *(Event.HEALTHY_TO_DOWN, Event.DEGRADED_TO_DOWN),
    *(Event.HEALTHY_TO_DEGRADED, Event.DEGRADED_TO_HEALTHY),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What people set: which health is a failure, and how many of a row make a switch."""

    trigger: Trigger = Trigger.DOWN
    failures_before_fallback: int = 1
    successes_before_recovery: int = 3

    def is_failure(self, health: Health) -> bool:
        return health.is_down or (self.trigger == Trigger.DEGRADED and health is Health.DEGRADED)


@dataclass(frozen=True, slots=True)
class State:
    """How it stands in one project.

    `seen` is the active model's last known health, `stuck` why it could not switch, as far as
    that was said already; `since` is when the mode began. A person's
    change of the active model begins anew, with `State()`.
    """

    mode: Mode = Mode.NORMAL
    failures: int = 0
    successes: int = 0
    seen: Health = Health.UNKNOWN
    stuck: Event | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """One observation of the active model or of the fallback.

    `fallback` is how the fallback is known to be at that moment, None where none is set.
    """

    is_of_primary: bool
    health: Health
    fallback: Health | None


@dataclass(frozen=True, slots=True)
class Step:
    """The state after an observation, and what happened, the gravest first."""

    state: State
    events: tuple[Event, ...] = ()


_LEVEL_EVENTS: Final = {
    ("healthy", "degraded"): Event.HEALTHY_TO_DEGRADED,
    ("degraded", "healthy"): Event.DEGRADED_TO_HEALTHY,
    ("healthy", "down"): Event.HEALTHY_TO_DOWN,
    ("degraded", "down"): Event.DEGRADED_TO_DOWN,
}


def step(state: State, sight: Sight, rules: Rules, *, now: datetime) -> Step:
    """Decide what an observation changes. Unknown is no observation; nothing else is forgotten.

    A fallback mode without a fallback, which somebody has removed, is none.
    """
    if state.mode is Mode.FALLBACK and sight.fallback is None:
        state = State()
    if sight.health is Health.UNKNOWN:
        return Step(state)
    told: tuple[Event, ...] = ()
    if sight.is_of_primary:
        level = _LEVEL_EVENTS.get((_level(state.seen), _level(sight.health)))
        told = (level,) if level else ()
        state = _counted(replace(state, seen=sight.health), sight.health, rules)
    switched = _switched(state, sight, rules, now=now)
    return Step(switched.state, (*switched.events, *told))


def _counted(state: State, health: Health, rules: Rules) -> State:
    if state.mode is Mode.FALLBACK:
        successes = state.successes + 1 if health is Health.REACHABLE else 0
        return replace(state, successes=successes)
    if rules.is_failure(health):
        return replace(state, failures=state.failures + 1)
    return replace(state, failures=0, stuck=None)


def _switched(state: State, sight: Sight, rules: Rules, *, now: datetime) -> Step:
    if state.mode is Mode.FALLBACK:
        if state.successes < rules.successes_before_recovery:
            return Step(state)
        normal = State(Mode.NORMAL, seen=state.seen, since=now)
        return Step(normal, (Event.BACK_TO_PRIMARY,))
    if state.failures < rules.failures_before_fallback:
        return Step(state)
    if sight.fallback is not None and not sight.fallback.is_down:
        fallen = State(Mode.FALLBACK, seen=state.seen, since=now)
        return Step(fallen, (Event.TO_FALLBACK,))
    stuck = Event.NO_FALLBACK if sight.fallback is None else Event.FALLBACK_DOWN
    if state.stuck is stuck:
        return Step(state)
    return Step(replace(state, stuck=stuck), (stuck,))


def _level(health: Health) -> str:
    if health.is_down:
        return "down"
    return {Health.REACHABLE: "healthy", Health.DEGRADED: "degraded"}.get(health, "unknown")


def next_due(due: datetime | None, interval: timedelta, *, now: datetime) -> datetime:
    """Say when to check next: on the grid that `due` began, so that checks never drift.

    What was missed is made up for once, not many times.
    """
    if due is None:
        return now + interval
    missed = max(0, (now - due) // interval)
    return due + (missed + 1) * interval
