"""Verbs on groups: people who are granted objects together."""

import re
from collections.abc import Collection, Iterable

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Epoch, User

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")
_MOST_TOLD = 5


def name_of(text: str) -> str:
    """Read a name that an address can hold; raises ValidationError."""
    name = text.strip()
    if not _NAME.fullmatch(name):
        raise ValidationError("Use letters, digits, spaces, dots and hyphens.")
    return name


def people_at(emails: Iterable[str]) -> list[User]:
    """Find the people of these addresses; raises ValidationError for those whom nobody is."""
    typed = {email.strip().lower() for email in emails if email.strip()}
    found = list(User.objects.filter(email__in=typed).order_by("email"))
    missing = sorted(typed - {user.email for user in found})
    if missing:
        raise ValidationError(f"Nobody has this address: {', '.join(missing[:_MOST_TOLD])}.")
    return found


@transaction.atomic
def store(group: Group, people: Collection[User], *, by: Actor) -> None:
    """Write a group with its people: its grants are theirs from now on, and nobody else's.

    Raises ValidationError for a name that does not do, or that another group has.
    """
    before = _told(Group.objects.get(pk=group.pk)) if group.pk else None
    try:
        group.name = name_of(group.name)
    except ValidationError as error:
        raise ValidationError({"name": error.messages}) from error
    group.full_clean()
    group.save()
    group.user_set.set(people)
    action = "groups:UpdateGroup" if before else "groups:CreateGroup"
    audit.record(by, action, group, before=before, after=_told(group))
    Epoch.revoke()


@transaction.atomic
def remove(group: Group, *, by: Actor) -> None:
    """Delete a group; what it was granted is nobody's any more."""
    audit.record(by, "groups:DeleteGroup", group, before=_told(group), after=None)
    group.delete()
    Epoch.revoke()


def _told(group: Group) -> dict[str, object]:
    emails = group.user_set.order_by("email").values_list("email", flat=True)
    return {"name": group.name, "people": "\n".join(emails)}
