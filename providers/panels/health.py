"""The health of one provider as its page shows it: live state, evidence, and what can be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.authority import Principal
from foundation.money import spent_label
from providers.models import HealthCheck, ProbeDay, ProjectRouting, Provider
from providers.panels.menus import lacking
from providers.services import probes

SAMPLES = 5
FRESH_S = 60


@dataclass(frozen=True, slots=True)
class HealthCard:
    """`cannot_check` is a reason; `is_stale` means that the page asks for a check once loaded.

    `is_unwatched` says that the health monitor of the provider's project is off, and `dead_until`
    how long a game day goes on.
    """

    samples: tuple[HealthCheck, ...]
    is_being_checked: bool
    is_stale: bool
    is_unwatched: bool
    cannot_check: str
    dead_until: datetime | None = None
    budget: "Budget | None" = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What paid probes came to today, in words."""

    sentence: str
    is_used_up: bool


def health_card(
    provider: Provider, routing: ProjectRouting, principal: Principal, *, now: datetime
) -> HealthCard:
    """Put the card together; one query for the last samples, and two for a probe budget.

    `routing` is of the provider's project, or of the one that a shared provider is looked at from.
    """
    is_being_checked = provider.is_being_checked(now=now)
    is_unwatched = provider.project_id is not None and not routing.is_monitored
    return HealthCard(
        samples=tuple(provider.checks.newest_first()[:SAMPLES]),
        is_being_checked=is_being_checked,
        is_stale=not (is_being_checked or is_unwatched) and _is_stale(provider, now),
        is_unwatched=is_unwatched,
        cannot_check=_reason(provider, principal),
        dead_until=routing.dead_until(provider.pk, now=now),
        budget=_budget(provider, now) if provider.has_paid_probes else None,
    )


def _budget(provider: Provider, now: datetime) -> Budget:
    today, most = ProbeDay.today(provider, now=now), provider.probe_budget_usd
    spent = f"{spent_label(today.spent_usd)} of {spent_label(most)}"
    told = f"Paid probes today (UTC): {today.probes} of {provider.probes_per_day}, {spent}."
    if today.unpriced:
        told += f" {today.unpriced} had no known price."
    is_used_up = not probes.fits(provider, today)
    if is_used_up:
        told += " That is used up: no paid probe until midnight UTC."
    return Budget(told, is_used_up=is_used_up)


def _is_stale(provider: Provider, now: datetime) -> bool:
    checked = provider.health_checked_at
    is_old = checked is None or checked < now - timedelta(seconds=FRESH_S)
    return is_old and provider.is_active and provider.can_be_checked


def _reason(provider: Provider, principal: Principal) -> str:
    if not provider.can_be_checked:
        label = provider.kind_row.label
        return (
            f"{label} has no free call that shows its health: test a model, or choose paid probes."
        )
    return lacking(principal, "aiProviders:CheckAiProvider", provider)
