"""Who was let at an object by name: object permissions, and keys whose policy says its id."""

from collections.abc import Iterator
from typing import cast

from django.db.models import Model

from accounts import grants
from accounts.impact.registry import Registry, Words
from accounts.impact.vocabulary import MOST_NAMED, Dependent, Effect, Group
from accounts.models import ApiKey, Invitation, Membership
from accounts.principal import Principal


def register(registry: Registry) -> None:
    registry.search(search)
    registry.part("accounts.Project", "accounts.KeyEncryptionKey")
    registry.leave_out(
        *("accounts.Notice", "accounts.Receipt", "accounts.NoticeChoice"),
        *("accounts.EmailDelivery", "accounts.CalendarFeed"),
    )
    registry.describe("accounts.Membership", Words("member", "members", name=_person))
    registry.describe("accounts.Invitation", Words("invitation", "invitations", name=_invited))


def search(target: Model, who: Principal) -> Iterator[Group]:
    yield from _lent(target, who)
    yield from _written_into_keys(target, who)


def _lent(target: Model, who: Principal) -> Iterator[Group]:
    """Count the object permissions; staff alone see whose they are."""
    lent = grants.given_on(target)
    if not lent:
        return
    named = tuple(
        Dependent(holder.public_id, holder.name, holder.verbs)
        for holder in lent[:MOST_NAMED]
        if who.is_staff
    )
    hidden = 0 if who.is_staff else len(lent)
    yield Group("grant", "grants", Effect.REMOVED, len(lent), named, hidden)


def _written_into_keys(target: Model, who: Principal) -> Iterator[Group]:
    public_id = cast("str", getattr(target, "public_id", ""))
    keys = ApiKey.objects.filter(revoked_at=None, policy__icontains=public_id)
    count = keys.count() if public_id else 0
    if not count:
        return
    visible = keys.visible_to(who).order_by("pk")
    first = list(visible[: MOST_NAMED + 1])
    seen = len(first) if len(first) <= MOST_NAMED else visible.count()
    named = tuple(Dependent(key.public_id, key.name) for key in first[:MOST_NAMED])
    role = "named in their policy"
    yield Group("API key", "API keys", Effect.KEPT, count, named, count - seen, role)


def _person(member: Membership) -> str:
    return member.user.email


def _invited(invitation: Invitation) -> str:
    return invitation.email
