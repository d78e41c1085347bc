"""Verbs on limits: set, change, remove. Each counts from the next call on, at every gateway."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import ApiKey, Epoch, Project
from gateway.models import Agent, Limit
from usage.limits import money
from usage.limits.windows import window_of
from usage.models import LimitWindow

CREATE = "limits:CreateLimit"
UPDATE = "limits:UpdateLimit"
DELETE = "limits:DeleteLimit"


@dataclass(frozen=True, slots=True)
class LimitDraft:
    """What people choose of a limit. What it is on, and what it counts, stays as it was set."""

    name: str
    amount: Decimal
    is_enabled: bool = True
    is_shadow: bool = False
    allows_unpriced: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What a limit is on, and what it counts; neither an agent nor a key is the whole project."""

    project: Project
    measure: str
    agent: Agent | None = None
    key: ApiKey | None = None


def add(draft: LimitDraft, scope: Scope, *, by: Actor, now: datetime) -> Limit:
    """Store a new limit; money that was spent in its window already counts.

    Raises ValidationError with each field's reason, and stores nothing then.
    """
    limit = Limit(project=scope.project, measure=scope.measure, agent=scope.agent, key=scope.key)
    with _racing():
        _keep(limit, draft)
        window_of(limit.rule, now)
        audit.record(by, CREATE, limit, before=None, after=limit.told())
        Epoch.revoke()
    return limit


def change(limit: Limit, draft: LimitDraft, *, by: Actor, now: datetime) -> None:
    """Make the limit what the draft says; what is used of it stays used."""
    before = Limit.objects.with_subject().get(pk=limit.pk).told()
    with _racing():
        _keep(limit, draft)
        money.change(limit.rule, now=now)
        audit.record(by, UPDATE, limit, before=before, after=limit.told())
        Epoch.revoke()


def draft_of(limit: Limit) -> LimitDraft:
    """Give what the limit is now, for a change of parts of it."""
    return LimitDraft(
        name=limit.name,
        amount=limit.amount,
        is_enabled=limit.is_enabled,
        is_shadow=limit.is_shadow,
        allows_unpriced=limit.allows_unpriced,
    )


@transaction.atomic
def remove(limit: Limit, *, by: Actor) -> None:
    """Delete it with all that it has counted; the ledger keeps what was used."""
    audit.record(by, DELETE, limit, before=limit.told(), after=None)
    LimitWindow.objects.filter(limit=limit.public_id).delete()
    limit.delete()
    Epoch.bump()


def _keep(limit: Limit, draft: LimitDraft) -> None:
    limit.name = draft.name.strip()
    limit.amount = draft.amount
    limit.is_enabled = draft.is_enabled
    limit.is_shadow = draft.is_shadow
    limit.allows_unpriced = draft.allows_unpriced
    limit.full_clean()
    limit.save()


@contextmanager
def _racing() -> Iterator[None]:
    """Open a transaction in which somebody who was faster is told of like a field's error."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ValidationError("Somebody changed the same thing just now. Try again.") from error
