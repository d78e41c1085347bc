"""The health monitor at work: what is due, and what an observation changes in each project."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from operator import attrgetter
from typing import Final

from django.db import transaction

from accounts.models import Epoch, Topic
from accounts.services import notices
from providers.health import (
    GRAVEST_FIRST,
    Event,
    Health,
    Observation,
    Sight,
    classify,
    next_due,
    step,
)
from providers.kinds.vocabulary import ErrorClass, Outcome
from providers.live_traffic import Observed
from providers.models import HealthCheck, ProjectRouting, Provider, RoutingEvent
from providers.models.monitoring import STATE

MOST_AT_ONCE: Final = 100  # of live failures that one step takes; as many as there can be in a row
UNWATCHED_EVERY: Final = timedelta(minutes=5)
# What of live traffic says something of a provider; any other refusal is about the request.
_SAID: Final = {
    ErrorClass.RATE_LIMITED: "the provider asks to slow down",
    ErrorClass.PROVIDER_ERROR: "the provider failed",
    ErrorClass.TIMEOUT: "no answer came in time",
    ErrorClass.UNREACHABLE: "no connection could be made",
    ErrorClass.INVALID_KEY: "the credential was refused",
}


def take_due(*, now: datetime) -> list[Provider]:
    """Give the providers to check now, and put each project's next check on its grid.

    In normal mode those of the active model and of the fallback, in fallback mode the former
    alone. One that live traffic found down, and no project watches, is looked at as well, and so is
    one whose models come and go on its server: routing follows what it lists. Where a project's
    monitor is off, none of its providers is.
    """
    wanted: dict[int, Provider] = {}
    for routing in ProjectRouting.objects.due(now=now).with_models():
        until = next_due(routing.next_check_at, routing.check_interval, now=now)
        if ProjectRouting.objects.put_off(routing, until):
            wanted |= {provider.pk: provider for provider in _watched(routing)}
    unseen_since = now - UNWATCHED_EVERY
    unseen = Provider.objects.active().monitored().not_checked_since(unseen_since)
    wanted |= {provider.pk: provider for provider in unseen.down()[:MOST_AT_ONCE]}
    wanted |= {provider.pk: provider for provider in unseen.followed()[:MOST_AT_ONCE]}
    return [each for each in wanted.values() if not each.is_being_checked(now=now)]


def note(provider: Provider, seen: Observation, *, now: datetime, times: int = 1) -> None:
    """Let every project that uses the provider step, in the caller's transaction.

    Hold `ProjectRouting.objects.watching(provider)` before the provider's own row: switching a
    provider off takes them in that order too.
    """
    for routing in ProjectRouting.objects.watching(provider):
        _step(routing, provider, seen, now=now, times=times)


def note_live(observed: Sequence[Observed], *, now: datetime) -> list[Provider]:
    """Take what clients' requests ran into as evidence: one row for each provider.

    Each failure since the last success counts as an observation, so that a burst is one decision
    and not many writes. What is old by now, as it is after a worker's outage, is no evidence.
    Gives the down providers that have answered again: a check decides whether they are well.
    """
    by_provider: dict[str, list[Observed]] = {}
    for one in sorted(observed, key=attrgetter("seen_at")):
        if not one.error_class or one.error_class in _SAID:
            by_provider.setdefault(one.provider_id, []).append(one)
    answered = [
        public_id
        for public_id in sorted(by_provider)
        if _note_live(public_id, by_provider[public_id], now=now)
    ]
    return list(Provider.objects.active().down().filter(public_id__in=answered))


def _note_live(public_id: str, seen: Sequence[Observed], *, now: datetime) -> bool:
    """Take what was seen of one provider, the oldest first; tells whether it answers again."""
    pk = Provider.objects.filter(public_id=public_id).values_list("pk", flat=True).first()
    if pk is None:
        return False
    with transaction.atomic():
        routings = held(pk)
        watched = Provider.objects.active().monitored().select_for_update(of=("self",))
        provider = watched.filter(pk=pk).first()
        if provider is None:
            return False
        since = _evidence_since(provider, routings, now).timestamp()
        fresh = [one for one in seen if one.seen_at >= since]
        failed = list(takewhile(lambda one: one.error_class, reversed(fresh)))
        if len(failed) < len(fresh):
            _note_answered(provider, routings, now=now)
        if failed:
            health = _health_of(failed)
            at = min(now, datetime.fromtimestamp(failed[0].seen_at, tz=UTC))
            HealthCheck.of(provider, health, at=at)
            note(provider, health, now=now, times=min(len(failed), MOST_AT_ONCE))
    return bool(fresh) and not failed


def _evidence_since(
    provider: Provider, routings: Iterable[ProjectRouting], now: datetime
) -> datetime:
    """Say what is too old to count: a check has looked since, or an interval has gone by."""
    intervals = (timedelta(minutes=routing.check_interval_min) for routing in routings)
    oldest = now - min((UNWATCHED_EVERY, *intervals))
    return max(oldest, provider.health_checked_at or oldest)


def _note_answered(
    provider: Provider, routings: Iterable[ProjectRouting], *, now: datetime
) -> None:
    """Let failures no longer be in a row; everything else is for a check to say."""
    for routing in routings:
        active = routing.active_model
        is_primary = active is not None and active.provider_id == provider.pk
        if is_primary and routing.failures and not routing.is_drilled(provider.pk, now=now):
            routing.failures = 0
            routing.save(update_fields=["failures"])


def _health_of(failed: Sequence[Observed]) -> Observation:
    """Tell what failures in a row say, the last of which comes first."""
    last, times = failed[0], len(failed)
    error_class = ErrorClass(last.error_class)
    status = f" (HTTP {last.http_status})" if last.http_status else ""
    whose = "A client's request" if times == 1 else f"The last of {times} requests of clients"
    message = f"{whose} failed: {_SAID[error_class]}{status}."
    outcome = Outcome(False, None, error_class, message, last.http_status)
    return classify(outcome, degraded_threshold_ms=0)


def held(provider_pk: int) -> list[ProjectRouting]:
    """Hold the routings that an observation of the provider may change, before its own row."""
    return list(ProjectRouting.objects.watching(Provider(pk=provider_pk)))


def _watched(routing: ProjectRouting) -> Iterable[Provider]:
    models = [routing.active_model]
    if not routing.is_falling_back:
        models.append(routing.fallback_model)
    return [model.provider for model in models if model and model.provider.is_active]


def _step(
    routing: ProjectRouting, provider: Provider, seen: Observation, *, now: datetime, times: int
) -> None:
    seen = _as_played(routing, provider, seen, now)
    before = state = routing.state
    events: set[Event] = set()
    for _ in range(times):
        told = step(state, _sight(routing, provider, seen, now), routing.rules, now=now)
        state, events = told.state, events | {*told.events}
    if state == before:
        return
    routing.take_state(state)
    if state.mode is not before.mode:
        routing.next_check_at = now + routing.check_interval
        Epoch.bump()
    routing.save(update_fields=[*STATE, "next_check_at"])
    _tell(routing, sorted(events, key=GRAVEST_FIRST.index), seen, now=now)


def _as_played(
    routing: ProjectRouting, provider: Provider, seen: Observation, now: datetime
) -> Observation:
    """Take a provider that plays dead for dead."""
    if not routing.is_drilled(provider.pk, now=now):
        return seen
    return Observation(Health.UNREACHABLE, None, "", "It is a game day: it plays dead.")


def _sight(routing: ProjectRouting, provider: Provider, seen: Observation, now: datetime) -> Sight:
    active, fallback = routing.active_model, routing.fallback_model
    known = Health(fallback.provider.health) if fallback else None
    if fallback and routing.is_drilled(fallback.provider_id, now=now):
        known = Health.UNREACHABLE
    if fallback and fallback.provider_id == provider.pk:
        known = seen.health
    is_of_primary = active is not None and active.provider_id == provider.pk
    return Sight(is_of_primary, seen.health, known)


def _tell(
    routing: ProjectRouting, events: Sequence[Event], seen: Observation, *, now: datetime
) -> None:
    """Keep what happened, and tell people of the first that the project wants to be told."""
    wanted = next((event for event in events if routing.wants_notice_of(event)), None)
    rows = [
        RoutingEvent(
            project=routing.project,
            event=event,
            message=_sentence(routing, event, seen)[:1500],
            is_notice=event is wanted,
            at=now,
        )
        for event in events
    ]
    RoutingEvent.objects.bulk_create(rows)
    for row in rows:
        if row.is_notice:
            _tell_people(routing, row)


def _tell_people(routing: ProjectRouting, row: RoutingEvent) -> None:
    about = routing.active_model.provider.public_id if routing.active_model else ""
    notices.tell(
        routing.project,
        topic=Topic.HEALTH,
        message=row.message,
        key=row.public_id,
        at=row.at,
        about=about,
    )


def _sentence(routing: ProjectRouting, event: Event, seen: Observation) -> str:
    active, fallback = routing.active_model, routing.fallback_model
    why = f" {seen.reason}" if seen.reason else ""
    return {
        Event.TO_FALLBACK: f"{active} fails: requests go to {fallback} for now.{why}",
        Event.BACK_TO_PRIMARY: f"{active} is well again: requests go to it.",
        Event.NO_FALLBACK: f"{active} fails, and no fallback is set: choose one.{why}",
        Event.FALLBACK_DOWN: f"{active} fails, and its fallback {fallback} is down too.{why}",
        Event.HEALTHY_TO_DOWN: f"{active} went from healthy to down.{why}",
        Event.DEGRADED_TO_DOWN: f"{active} went from degraded to down.{why}",
        Event.HEALTHY_TO_DEGRADED: f"{active} went from healthy to degraded: {seen.reason}.",
        Event.DEGRADED_TO_HEALTHY: f"{active} went from degraded to healthy.",
    }[event]
