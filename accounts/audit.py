"""The record of who did what: every change, and every attempt that was refused."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog
from django.db.models import Model

from accounts.models.audit import AuditEvent, Outcome
from accounts.permissions import permission_of
from accounts.principal import Principal
from accounts.redaction import redacted
from accounts.tenancy.querysets import wall_of

if TYPE_CHECKING:
    from accounts.models import Project, User

Actor: TypeAlias = "Principal | User | None"

SYSTEM = "Axiom itself"


def record(  # noqa: PLR0913 - an event has this many sides
    actor: Actor,
    action: str,
    target: Model | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    request_id: str = "",
    outcome: str = Outcome.ALLOWED,
) -> AuditEvent:
    """Append one event to the chain, in the caller's transaction.

    ``actor`` None is Axiom itself. Secrets among the fields become fingerprints here, by name.
    Raises Undeclared for an action that the registry does not have.
    """
    project = project_concerned(actor, target)
    key = actor.key if isinstance(actor, Principal) else None
    person = person_of(actor)
    return AuditEvent.objects.append(
        actor_id=person.public_id if person else "",
        actor_name=person.email if person else SYSTEM,
        key_id=key.public_id if key else "",
        action=permission_of(action).action,
        outcome=outcome,
        project_id=project.public_id if project else "",
        project_name=project.name if project else "",
        **_target(target),
        before=None if before is None else redacted(before),
        after=None if after is None else redacted(after),
        request_id=request_id or current_request_id(),
    )


def person_of(actor: Actor) -> "User | None":
    return actor.user if isinstance(actor, Principal) else actor


def project_concerned(actor: Actor, target: Model | None) -> "Project | None":
    """Find the project that an event belongs to: the target's own, else the one acted in."""
    wall = wall_of(type(target)) if target is not None else None
    if wall:
        return wall.project_of(target)
    return actor.project if isinstance(actor, Principal) else None


def current_request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def _target(target: Model | None) -> dict[str, str]:
    if target is None:
        return {}
    return {
        "target_type": str(target._meta.verbose_name),
        "target_id": getattr(target, "public_id", ""),
        "target_name": str(target)[:300],
    }
