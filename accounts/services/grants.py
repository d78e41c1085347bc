"""Verbs on object permissions: give one, take it back; nobody gives what is not theirs."""

from typing import cast, get_args

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from accounts import audit, grants
from accounts.authority import require
from accounts.grants import Verb
from accounts.models import Epoch, User
from accounts.permissions import PERMISSIONS, Permission
from accounts.principal import Principal
from accounts.tenancy.querysets import wall_of

VERBS: tuple[str, ...] = get_args(Verb)


def give(who: User | Group, verb: str, target: Model, *, by: Principal) -> None:
    """Let somebody do one thing with one object.

    Raises ValidationError for a verb that means nothing there, Forbidden for what `by` itself
    may not do.
    """
    for permission in _meant(verb, target):
        require(by, permission.action, target)
    with transaction.atomic():
        grants.grant(who, cast("Verb", verb), target)
        after = _told(who) | {"verb": verb}
        audit.record(by, "grants:GiveGrant", target, before=None, after=after)
        Epoch.bump()


def take_back(who: User | Group, verb: str, target: Model, *, by: Principal) -> None:
    with transaction.atomic():
        grants.revoke(who, cast("Verb", verb), target)
        before = _told(who) | {"verb": verb}
        action = "grants:RevokeGroupGrant" if isinstance(who, Group) else "grants:RevokeGrant"
        audit.record(by, action, target, before=before, after=None)
        Epoch.revoke()


def group_named(name: str, target: Model, *, by: Principal) -> Group:
    """Find a group to lend an object to; raises ValidationError.

    Those who are not staff find the groups alone that somebody of the object's project is in.
    """
    groups = Group.objects.filter(name=name)
    if not by.is_staff:
        wall = wall_of(type(target))
        project = wall.project_of(target) if wall else None
        groups = groups.filter(user__memberships__project=project).distinct()
    group = groups.first()
    if group is None:
        raise ValidationError({"group": "There is no group of this name with members of yours."})
    return group


def _told(who: User | Group) -> dict[str, object]:
    return {"user": who.email} if isinstance(who, User) else {"group": who.name}


def _meant(verb: str, target: Model) -> list[Permission]:
    """List what the verb lets one do there, as far as a grant decides it."""
    model = type(target)._meta
    wanted = f"{model.app_label}.{verb}_{model.model_name}"
    meant = [row for row in PERMISSIONS.values() if row.django_permission == wanted]
    if not meant or all(row.lowest_role is None for row in meant):
        raise ValidationError({"verb": f"Nobody can be let {verb} a {model.verbose_name} alone."})
    return meant
