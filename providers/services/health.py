"""Checks of providers: one call each, free unless its owner chose otherwise, kept as evidence."""

from datetime import datetime

from django.db import transaction

from providers.models import HealthCheck, ProbeDay, Provider, RoutingEvent
from providers.services import monitor, probes


def check(provider: Provider, *, now: datetime) -> HealthCheck | None:
    """Probe a provider that was taken for it, and keep what was seen.

    Calls out, for up to 15 s: not inside a transaction. None, and nothing kept, where the provider
    was changed or deleted meanwhile: that is not what would be called now.
    """
    called_as = provider.called_as()
    probe = probes.look(provider, now=now)
    with transaction.atomic():
        monitor.held(provider.pk)
        held = Provider.objects.with_secret().select_for_update(of=("self",))
        current = held.filter(pk=provider.pk).first()
        if current is None:
            return None
        current.end_check(asked_at=provider.health_asked_at, now=now)
        if current.called_as() != called_as:
            return None
        check = HealthCheck.of(current, probe.seen, paid=probe.paid, at=now)
        monitor.note(current, probe.seen, now=now)
        if probe.installed is not None:
            current.models.note_listed(probe.installed, now=now)
    return check


def forget_expired(*, now: datetime) -> int:
    """Delete the checks that are older than their retention; tells how many.

    The days of paid probes and what happened to routings go likewise.
    """
    ProbeDay.objects.expired(now=now).delete()
    RoutingEvent.objects.expired(now=now).delete()
    return HealthCheck.objects.expired(now=now).delete()[0]
