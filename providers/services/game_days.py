"""Game days: a provider plays dead in one project for a while, to watch the fallback work."""

from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Project, User
from providers.health import Event
from providers.models import ProjectRouting, Provider, RoutingEvent

LONGEST_MIN: Final = 240


def begin(
    project: Project, provider: Provider, *, minutes: int, by: Actor, now: datetime
) -> ProjectRouting:
    """Let `provider` count as unreachable in this project alone, until it ends by itself.

    Another one that is under way is replaced. Raises ValidationError where nobody would notice.
    """
    with transaction.atomic():
        routing = ProjectRouting.of(project)
        _refuse_unnoticed(routing, provider, minutes)
        before = _told(routing)
        until = now + timedelta(minutes=minutes)
        routing.play_dead(provider, until, by=_person(by))
        message = f"{provider} plays dead in this project until {until:%H:%M} UTC."
        _keep(routing, Event.GAME_DAY_BEGUN, message, now)
        audit.record(by, "routing:BeginGameDay", routing, before=before, after=_told(routing))
    return routing


def end(project: Project, *, by: Actor, now: datetime) -> ProjectRouting:
    """End it before its time, if one is under way: the next check sees the provider as it is."""
    with transaction.atomic():
        routing = ProjectRouting.of(project)
        if not routing.has_game_day(now=now):
            return routing
        before = _told(routing)
        message = f"{routing.drilled_provider} was let live again."
        routing.play_dead(None, None, by=None)
        _keep(routing, Event.GAME_DAY_ENDED, message, now)
        audit.record(by, "routing:EndGameDay", routing, before=before, after=_told(routing))
    return routing


def _refuse_unnoticed(routing: ProjectRouting, provider: Provider, minutes: int) -> None:
    if not 1 <= minutes <= LONGEST_MIN:
        raise ValidationError({"minutes": f"A game day lasts 1 to {LONGEST_MIN} minutes."})
    if not routing.is_monitored:
        raise ValidationError("Switch the health monitor on first: it is what would notice.")
    watched = [model.provider for model in (routing.active_model, routing.fallback_model) if model]
    if provider not in watched:
        told = "Choose the provider of the active model or of the fallback."
        raise ValidationError({"provider": told})
    if not provider.can_be_checked:
        raise ValidationError({"provider": f"{provider} is never checked: nobody would notice."})


def _keep(routing: ProjectRouting, event: Event, message: str, now: datetime) -> None:
    """Put it on record; people see it on pages, and are told of what follows from it."""
    RoutingEvent.objects.create(project=routing.project, event=event, message=message, at=now)


def _told(routing: ProjectRouting) -> dict[str, object]:
    provider, until = routing.drilled_provider, routing.drilled_until
    return {
        "drilledProvider": provider.public_id if provider else None,
        "drilledUntil": until.isoformat() if until else None,
    }


def _person(by: Actor) -> User | None:
    return by if isinstance(by, User) else getattr(by, "user", None)
