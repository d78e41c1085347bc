"""Who may do what: the one place that decides.

Staff, role, object permission and key policy meet here and nowhere else. A role or an object
permission gives; a key's policy only ever takes away.
"""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model

from accounts import audit
from accounts.grants import granted
from accounts.models.audit import AuditEvent, Outcome
from accounts.models.epoch import Epoch
from accounts.permissions import Permission, permission_of
from accounts.policies import Policy
from accounts.principal import Principal, Standing
from accounts.roles import Role
from accounts.tenancy.querysets import WalledQuerySet, granted_along, wall_of
from foundation.fields import prefix_of

if TYPE_CHECKING:
    from accounts.models import Membership, Project, User

__all__ = ["Forbidden", "Principal", "may", "may_somewhere", "require", "stand_at", "weigh"]

# What is left of an archived project: looking at it, restoring it, deleting it.
_OUTLIVES_ARCHIVING = frozenset({"projects", "members", "audit"})


class Forbidden(PermissionDenied):
    """The principal lacks `action`; the attempt is on record as `event`."""

    def __init__(self, action: str, event: AuditEvent) -> None:
        super().__init__(f"This needs the permission {action}.")
        self.action = action
        self.event = event

    def keep_on_record(self) -> None:
        """Record the attempt again where the transaction that it was part of was undone."""
        if AuditEvent.objects.filter(public_id=self.event.public_id).exists():
            return
        self.event = AuditEvent.objects.append(**self.event.said())


@dataclass(frozen=True, slots=True)
class Claim:
    """All that decides, looked up; `is_granted` answers without looking further."""

    permission: Permission
    is_staff: bool = False
    role: Role | None = None
    has_grant: bool = False
    policy: Policy | None = None
    resource: str = ""
    prefix: str = ""  # of the ids that it may be about, where no resource is named

    @property
    def is_given(self) -> bool:
        """Whether somebody or something gives it, before a key's policy takes away."""
        return self.is_staff or self.permission.is_held_by(self.role) or self.has_grant

    @property
    def is_granted(self) -> bool:
        return self.is_given and self.passes_policy

    @property
    def passes_policy(self) -> bool:
        if self.policy is None:
            return True
        if self.resource:
            return self.policy.allows(self.permission.action, self.resource)
        return self.policy.allows_somewhere(self.permission.action, self.prefix)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the question is asked: in one project, or with None anywhere."""

    project: "Project | None"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A decision with its reasons: no place is outside the wall, no claim was never looked at."""

    principal: Principal
    permission: Permission
    place: Place | None
    claim: Claim | None = None

    @property
    def is_granted(self) -> bool:
        return self.claim is not None and self.claim.is_granted


def may(
    who: "User | Principal",
    action: str,
    target: Model | None = None,
    *,
    project: "Project | None" = None,
) -> bool:
    """Tell whether somebody may do `action`, to `target` or in `project`.

    A target's own project counts, whatever `project` says. With neither, reading is asked for
    anywhere (lists are filtered by the wall), and writing is refused to all but staff. Costs one
    query for roles, and one for each model's object permissions where no role suffices; a
    Principal remembers both. Raises Undeclared for an action that the registry does not have.
    """
    return weigh(who, action, target, project=project).is_granted


def weigh(
    who: "User | Principal",
    action: str,
    target: Model | None = None,
    *,
    project: "Project | None" = None,
) -> "Weighed":
    """Decide as `may` does, and tell what decided."""
    principal, permission = Principal.of(who), permission_of(action)
    place = _place(principal, permission, target, project)
    if not principal.is_in_force or place is None:
        return Weighed(principal, permission, place)
    claim = Claim(
        permission,
        is_staff=principal.is_staff,
        role=None if principal.is_staff else _role_at(principal, permission, place),
        policy=principal.key.parsed_policy if principal.key else None,
        resource=_resource(permission, target, place),
    )
    if not claim.is_granted:
        claim = _with_grant(principal, claim, target)
    return Weighed(principal, permission, place, claim)


def may_somewhere(who: "User | Principal", action: str) -> bool:
    """Tell whether there could be an object or a project for which `may` says yes.

    What menus ask: a no is certain, a yes still has its object asked for. Costs what `may` costs.
    """
    principal, permission = Principal.of(who), permission_of(action)
    if not principal.is_in_force:
        return False
    claim = Claim(
        permission,
        is_staff=principal.is_staff,
        role=None if principal.is_staff else _highest_role(principal, permission),
        policy=principal.key.parsed_policy if principal.key else None,
        prefix=prefix_of(apps.get_model(permission.model_label)) if permission.is_about_one else "",
    )
    return claim.is_granted or _with_some_grant(principal, claim).is_granted


def require(
    who: "User | Principal",
    action: str,
    target: Model | None = None,
    *,
    project: "Project | None" = None,
) -> None:
    """Do nothing where `may` says yes; else record the attempt and raise Forbidden."""
    principal = Principal.of(who)
    if may(principal, action, target, project=project):
        return
    about = target if target is not None else project
    with transaction.atomic():
        event = audit.record(
            principal, action, about, before=None, after=None, outcome=Outcome.DENIED
        )
    raise Forbidden(action, event)


def _place(
    principal: Principal, permission: Permission, target: Model | None, project: "Project | None"
) -> Place | None:
    """Find the place; None where a key leaves its project, or a shared object is closed."""
    wall = wall_of(type(target)) if target is not None else None
    place = Place(project or principal.project)
    if wall:
        owner = wall.project_of(target)
        place = Place(owner) if owner else place
        if owner is None and not principal.is_staff and not _is_open(wall, permission):
            return None
    if principal.key and place.project != principal.key.project:
        return None
    return place


def _is_open(wall: type[WalledQuerySet[Model]], permission: Permission) -> bool:
    return wall.shows_shared and permission.is_read


def _role_at(principal: Principal, permission: Permission, place: Place) -> Role | None:
    standings = _standings(principal)
    if place.project is not None:
        standing = standings.get(place.project.pk)
        return standing.role if standing and _counts(standing, permission) else None
    return _highest_role(principal, permission) if permission.is_read else None


def _highest_role(principal: Principal, permission: Permission) -> Role | None:
    """Find the highest role in any project; in its own alone where a key asks."""
    standings = _standings(principal)
    if principal.key:
        own = standings.get(principal.key.project.pk)
        return own.role if own and _counts(own, permission) else None
    roles = [row.role for row in standings.values() if _counts(row, permission)]
    return min(roles, key=list(Role).index, default=None)


def _counts(standing: Standing, permission: Permission) -> bool:
    outlives = permission.action.partition(":")[0] in _OUTLIVES_ARCHIVING
    return outlives or not standing.is_archived


def stand_at(principal: Principal) -> int:
    """Look a principal's roles up, and give the epoch at which they are so; one query."""
    principal.memory.standings, epoch = _load_standings(principal)
    return Epoch.current() if epoch is None else epoch


def _standings(principal: Principal) -> dict[int, Standing]:
    if principal.memory.standings is None:
        principal.memory.standings, _ = _load_standings(principal)
    return principal.memory.standings


def _load_standings(principal: Principal) -> tuple[dict[int, Standing], int | None]:
    """Give the roles, and the epoch of that moment where a row could tell it."""
    if principal.key and principal.user.is_staff:
        # Inside its one project, a key that staff made is an owner's; it is staff nowhere.
        project = principal.key.project
        return {project.pk: Standing(Role.OWNER, project.is_archived)}, None
    membership = cast("type[Membership]", apps.get_model("accounts.Membership"))
    rows = membership.objects.filter(user=principal.user).annotate(epoch=Epoch.in_query())
    found = list(rows.values_list("project_id", "role", "project__is_archived", "epoch"))
    standings = {row[0]: Standing(Role(row[1]), is_archived=row[2]) for row in found}
    return standings, found[0][3] if found else None


def _with_grant(principal: Principal, claim: Claim, target: Model | None) -> Claim:
    if target is None:
        return _with_some_grant(principal, claim) if claim.permission.is_list else claim
    if claim.permission.model_label != type(target)._meta.label_lower:
        return claim
    verb = claim.permission.codename.partition("_")[0]
    has_grant = any(
        (str(row.pk), f"{verb}_{type(row)._meta.model_name}") in _grants(principal, type(row))
        for row in _with_parents(target)
    )
    return dataclasses.replace(claim, has_grant=has_grant)


def _with_some_grant(principal: Principal, claim: Claim) -> Claim:
    """Open a list to whoever was granted one row of it; the wall leaves the others out."""
    verb = claim.permission.codename.partition("_")[0]
    model = apps.get_model(claim.permission.model_label)
    wall = wall_of(model)
    sources = [source for _, source in granted_along(model, wall.project_path)] if wall else []
    has_grant = any(
        codename == f"{verb}_{source._meta.model_name}"
        for source in sources
        for _, codename in _grants(principal, source)
    )
    return dataclasses.replace(claim, has_grant=has_grant)


def _with_parents(target: Model) -> list[Model]:
    """Give the target and what it is part of: a grant on a provider covers its models."""
    wall = wall_of(type(target))
    return [target, *wall.parents_of(target)] if wall else [target]


def _grants(principal: Principal, model: type[Model]) -> frozenset[tuple[str, str]]:
    known = principal.memory.grants
    if model not in known:
        known[model] = granted(principal.user, model)
    return known[model]


def _resource(permission: Permission, target: Model | None, place: Place) -> str:
    """Name what a key's policy is asked about; empty where a list asks for anything at all."""
    public_id: str = getattr(target, "public_id", "")
    if public_id:
        return public_id
    if target is None and permission.is_list:
        return ""
    return place.project.public_id if place.project else ""
