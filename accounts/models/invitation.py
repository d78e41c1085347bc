from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from accounts import audit
from accounts.models.membership import Membership, refuse_all_but_owners
from accounts.models.project import Project
from accounts.models.throttle import Throttle
from accounts.models.user import LowercaseEmailField, User
from accounts.permissions import permission_of
from accounts.refusals import Refused
from accounts.roles import Role
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet
from accounts.tokens import new_token, token_hash, token_hashes
from foundation.fields import PublicIdField

if TYPE_CHECKING:
    from accounts.audit import Actor

LABEL = "invitations"
TOKEN_PREFIX = "axi"  # noqa: S105 - the start of every token, not one
LASTS = timedelta(days=7)
_PER = timedelta(hours=1)
_MAILS_TO_ONE = 5
CREATE = "invitations:CreateInvitation"
ACCEPT = "invitations:AcceptInvitation"


class InvitationQuerySet(WalledQuerySet["Invitation"]):
    def with_token(self, token: str) -> Self:
        """Find the invitation of a link, by its token's hash alone."""
        return self.filter(token_hash__in=token_hashes(token, label=LABEL))

    def unanswered(self) -> Self:
        """Keep what was neither accepted nor revoked; some of it may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def with_people(self) -> Self:
        return self.select_related("project", "invited_by")


class Closed(Refused):
    """The link opens nothing any more; `code` says why: expired, accepted, revoked or stopped."""


class Invitation(TenantModel):
    """A seat kept for whoever reads mail at an address: one link, once, for seven days."""

    public_id = PublicIdField(prefix="inv")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    email = LowercaseEmailField()
    role = models.CharField(max_length=6, choices=Role, default=Role.VIEWER)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField("expires", editable=False)
    accepted_at = models.DateTimeField("accepted", null=True, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)
    # None is Axiom itself; with a person go the invitations that only they stood for.
    invited_by = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, related_name="invitations", editable=False
    )
    created_at = models.DateTimeField("invited", auto_now_add=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        permissions = (("use_invitation", "Can use invitation"),)
        constraints = (
            models.UniqueConstraint(
                fields=("project", "email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_once_unanswered",
                violation_error_message="This address is invited already: resend that invitation.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="invitation_role_is_known"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                name="invitation_answered_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} to {self.project}"

    def begin(self, *, by: "Actor", now: datetime) -> str:
        """Store a new invitation, and give the token of its link, which nothing can show again.

        Raises ValidationError for an address that does not do, Refused where `by` may not give
        that role, QuotaExceeded for an address that was written to often enough.
        """
        self.invited_by = audit.person_of(by)
        self._refuse_to_outrank(by)
        token = self._renew(now)
        self.full_clean()
        with transaction.atomic():
            self._count_mail(now)
            self.save(force_insert=True)
            audit.record(by, CREATE, self, before=None, after=self.told())
        return token

    def resend(self, *, by: "Actor", now: datetime) -> str:
        """Give a new token and seven more days; the old link opens nothing from now on.

        Raises Closed for one that was accepted or revoked, QuotaExceeded for an address that was
        written to often enough.
        """
        self._refuse_answered()
        self._refuse_to_outrank(by)
        before, token = self.told(), self._renew(now)
        self.invited_by = audit.person_of(by)
        with transaction.atomic():
            self._count_mail(now)
            self.save(update_fields=["token_hash", "expires_at", "invited_by"])
            audit.record(by, "invitations:ResendInvitation", self, before=before, after=self.told())
        return token

    def revoke(self, *, by: "Actor", at: datetime) -> None:
        """Close the link; done twice, the first moment stays. Raises Closed once accepted."""
        if self.revoked_at:
            return
        self._refuse_answered()
        self._refuse_to_outrank(by)
        with transaction.atomic():
            before, self.revoked_at = self.told(), at
            self.save(update_fields=["revoked_at"])
            audit.record(by, "invitations:RevokeInvitation", self, before=before, after=self.told())

    @transaction.atomic
    def accept(self, user: User, *, now: datetime) -> Membership:
        """Let the invited person in, once.

        Raises Closed for a link that opens nothing any more, Refused for anybody else.
        """
        self.refuse_closed(now)
        if user.email != self.email:
            raise Refused(f"This invitation is for {self.email}.", code="wrong_account")
        if not user.is_active:
            raise Refused("This account is suspended. Ask the platform's staff.", code="suspended")
        mine = Invitation.objects.unanswered().filter(pk=self.pk, token_hash=self.token_hash)
        if not mine.update(accepted_at=now):
            raise Closed(_SAID["accepted"], code="accepted")
        self.accepted_at = now
        return Membership.objects.join(self.project, user, Role(self.role), action=ACCEPT)

    def state_at(self, now: datetime) -> str:
        """Say in one word where it stands; `open` may be accepted."""
        if self.accepted_at:
            return "accepted"
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= now else "open"

    def is_open_at(self, now: datetime) -> bool:
        """Whether it may be accepted: it stands, and so does whoever invited."""
        return self.state_at(now) == "open" and self._still_stands()

    def refuse_closed(self, now: datetime) -> None:
        """Raise Closed unless it may be accepted.

        Whoever invited must still have the right to: authority is asked for again when used.
        """
        state = self.state_at(now)
        if state == "open" and not self._still_stands():
            state = "stopped"
        if state != "open":
            raise Closed(_SAID[state], code=state)

    def clean(self) -> None:
        if self.project_id is None or not self.email:
            return  # the fields' own errors say so
        if self.project.is_archived:
            raise ValidationError({"project": "This project is archived: restore it first."})
        if self.project.memberships.filter(user__email=self.email).exists():
            raise ValidationError({"email": "This person is a member already."})

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of an invitation."""
        return {
            "email": self.email,
            "role": self.role,
            "expiresAt": self.expires_at,
            "revokedAt": self.revoked_at,
        }

    def _renew(self, now: datetime) -> str:
        token = new_token(TOKEN_PREFIX)
        self.token_hash, self.expires_at = token_hash(token, label=LABEL), now + LASTS
        return token

    def _count_mail(self, now: datetime) -> None:
        """Write to nobody for ever; each project counts by itself, and learns of no other's."""
        who = f"{self.project.public_id} {self.email}"
        Throttle.objects.take("invitation mail", who, limit=_MAILS_TO_ONE, per=_PER, now=now)

    def _refuse_answered(self) -> None:
        answer = "accepted" if self.accepted_at else "revoked" if self.revoked_at else ""
        if answer:
            raise Closed(_SAID[answer], code=answer)

    def _refuse_to_outrank(self, by: "Actor") -> None:
        if self.role == Role.OWNER:
            refuse_all_but_owners(by, self.project)

    def _still_stands(self) -> bool:
        if self.project.is_archived:
            return False
        if self.invited_by is None or (self.invited_by.is_staff and self.invited_by.is_active):
            return True
        role = self.project.role_of(self.invited_by)
        gives_owner = self.role == Role.OWNER and role != Role.OWNER
        return (
            self.invited_by.is_active and permission_of(CREATE).is_held_by(role) and not gives_owner
        )


_SAID = {
    "accepted": "This invitation was accepted already. Sign in to open the project.",
    "revoked": "This invitation was taken back. Ask whoever sent it for a new one.",
    "expired": "This invitation has expired. Ask whoever sent it to send it again.",
    "stopped": "This invitation no longer stands. Ask an owner of the project for a new one.",
}
