"""Verbs on invitations: make one and mail its link, mail a new link, come in by it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Invitation, Project, Role, User, UserStatus
from accounts.refusals import Refused
from accounts.services import mail


@dataclass(frozen=True, slots=True)
class Sent:
    """An invitation, and whether its mail went out; where it did not, resend it."""

    invitation: Invitation
    is_sent: bool

    @property
    def sentence(self) -> str:
        email = self.invitation.email
        if not self.is_sent:
            return f"{email} is invited, but the mail did not go out. Resend it later."
        if mail.reaches_people():
            return f"{email} is invited. The link in the mail works once, for 7 days."
        return f"{email} is invited. No mail server is set: the link is in the portal's output."


def invite(project: Project, *, email: str, role: Role, by: Actor, now: datetime) -> Sent:
    """Invite an address into a project; call it outside a transaction, for it sends mail.

    Raises ValidationError for an address that does not do, Refused where `by` may not give that
    role.
    """
    invitation = Invitation(project=project, email=email.strip().lower(), role=role)
    token = invitation.begin(by=by, now=now)
    return send(invitation, token)


def resend(invitation: Invitation, *, by: Actor, now: datetime) -> Sent:
    """Mail a new link; the old one opens nothing from now on. Call it outside a transaction."""
    return send(invitation, invitation.resend(by=by, now=now))


@transaction.atomic
def accept_as_newcomer(invitation: Invitation, *, name: str, password: str, now: datetime) -> User:
    """Make the invited person, with a password that was validated already, and let them in.

    Raises Refused where the address has an account: then its owner signs in instead.
    """
    user: User | None = User.objects.filter(email=invitation.email).first()
    if user and user.status != UserStatus.INVITED:
        raise Refused("This address has an account already: sign in.", code="has_account")
    if user is None:
        user = User.objects.create_user(invitation.email, password, name=name.strip())
        told = {"email": user.email, "name": user.name}
        audit.record(user, "users:CreateUser", user, before=None, after=told)
    else:
        user.change(by=user, name=name.strip(), status=UserStatus.ACTIVE)
        user.change_password(password, by=user)
    invitation.accept(user, now=now)
    return user


def send(invitation: Invitation, token: str) -> Sent:
    """Mail the link that `token` makes; call it outside a transaction."""
    context = {
        "invitation": invitation,
        "link": mail.link("invitation", token=token),
    }
    return Sent(invitation, mail.send("mail/invitation.txt", invitation.email, context))
