"""Whom a company's identity provider may bring in: who is known, invited, or meant to be."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts import audit
from accounts.models import Invitation, Membership, Project, Role, User, UserStatus
from accounts.refusals import Refused
from accounts.sign_in import why_not

JOIN = "invitations:AcceptInvitation"


@transaction.atomic
def let_in(email: str, *, is_verified: bool, name: str, now: datetime) -> User:
    """Find the person whose address the identity provider vouches for, or make them where invited.

    Raises Refused, in words for whoever stands at the door, and then changes nothing.
    """
    if not email or not is_verified:
        raise Refused(
            "Your identity provider did not say that it has checked your email address. "
            "Ask its administrators.",
            code="unverified_email",
        )
    user: User | None = User.objects.filter(email=email).first()
    if user is None or user.status == UserStatus.INVITED:
        user = _newcomer(user, email, name=name, now=now)
    reason = why_not(user)
    if reason:
        raise Refused(reason, code="no_entry")
    return user


def _newcomer(known: User | None, email: str, *, name: str, now: datetime) -> User:
    invitations = _open_invitations(email, now)
    if not (known or invitations or settings.OIDC_NEWCOMERS):
        raise Refused(
            f"Nobody has invited {email} yet. Ask an owner of your project to.", code="not_invited"
        )
    user = known or User.objects.create_user(email, None, name=name[:150])
    if known:
        user.change(by=user, status=UserStatus.ACTIVE)
    else:
        audit.record(user, "users:CreateUser", user, after={"email": email, "name": user.name})
    for invitation in invitations:
        invitation.accept(user, now=now)
    if not invitations and settings.OIDC_NEWCOMERS:
        _join_default(user, *settings.OIDC_NEWCOMERS)
    return user


def _open_invitations(email: str, now: datetime) -> list[Invitation]:
    unanswered = Invitation.objects.unanswered().with_people().filter(email=email)
    return [invitation for invitation in unanswered if invitation.is_open_at(now)]


def _join_default(user: User, slug: str, role: str) -> None:
    project = Project.objects.active().filter(slug=slug).first()
    if project is None:
        raise Refused(
            "The project for newcomers is not there. Ask whoever runs this installation to set "
            "AXIOM_OIDC_NEWCOMERS anew.",
            code="no_project",
        )
    Membership.objects.join(project, user, Role(role), action=JOIN)
