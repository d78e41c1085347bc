"""The rows of members and invitations, with the menus that their rules leave."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.urls import reverse

from accounts.authority import Principal, may
from accounts.models import Invitation, Membership, Project, Role
from accounts.permissions import permission_of
from foundation.panels import MenuItem, Way

UPDATE, UPDATE_OWNERS = "members:UpdateMembers", "members:UpdateOwners"
REMOVE = "members:RemoveMember"
_OWNERS_ONLY = "Only an owner changes who owns a project."


@dataclass(frozen=True, slots=True)
class MemberRow:
    member: Membership
    is_self: bool
    menu: tuple[MenuItem, ...]


@dataclass(frozen=True, slots=True)
class InvitationRow:
    invitation: Invitation
    state: str
    menu: tuple[MenuItem, ...]


def lacking(
    principal: Principal,
    action: str,
    target: Model | None = None,
    *,
    project: Project | None = None,
) -> str:
    """Say why somebody may not do `action`, in one short line; empty where they may."""
    if may(principal, action, target, project=project):
        return ""
    role = permission_of(action).lowest_role
    return f"Needs the role {role.label.lower()} or above." if role else "Only staff do this."


def member_rows(members: Sequence[Membership], principal: Principal) -> tuple[MemberRow, ...]:
    """Give each member a row; they come with their users and projects. One query for owners."""
    projects = {member.project_id for member in members}
    owners = Membership.objects.owners().active().filter(project__in=projects)
    counts = Counter(owners.values_list("project_id", flat=True))
    return tuple(
        _member_row(
            member, principal, is_last=counts[member.project_id] == int(member.user.is_active)
        )
        for member in members
    )


def invitation_rows(
    invitations: Iterable[Invitation], principal: Principal, *, now: datetime
) -> tuple[InvitationRow, ...]:
    """Give each invitation a row; they come with their projects and senders."""
    return tuple(_invitation_row(invitation, principal, now=now) for invitation in invitations)


def _member_row(member: Membership, principal: Principal, *, is_last: bool) -> MemberRow:
    is_self = member.user_id == principal.user.pk
    reason = lacking(principal, UPDATE, member)
    if not reason and is_self:
        reason = "Nobody demotes or removes themselves: ask another owner."
    if not reason and member.role == Role.OWNER:
        reason = _of_an_owner(member, principal, is_last=is_last)
    address = (member.project.public_id, member.user.public_id)
    menu = (
        MenuItem(
            "Change role", reverse("admin:accounts_membership_role", args=address), Way.ASK, reason
        ),
        MenuItem(
            "Remove",
            reverse("admin:accounts_membership_remove", args=address),
            Way.ASK,
            reason,
            is_dangerous=True,
        ),
    )
    return MemberRow(member, is_self, menu)


def _of_an_owner(member: Membership, principal: Principal, *, is_last: bool) -> str:
    if not may(principal, UPDATE_OWNERS, project=member.project):
        return _OWNERS_ONLY
    return "The last owner stays: make somebody else an owner first." if is_last else ""


def _invitation_row(
    invitation: Invitation, principal: Principal, *, now: datetime
) -> InvitationRow:
    state = invitation.state_at(now)
    done = f"It was {state}." if state in {"accepted", "revoked"} else ""
    for_owner = invitation.role == Role.OWNER
    if for_owner and not may(principal, UPDATE_OWNERS, project=invitation.project):
        done = done or _OWNERS_ONLY
    menu = tuple(
        MenuItem(
            label,
            reverse(f"admin:accounts_invitation_{page}", args=[invitation.public_id]),
            way,
            lacking(principal, action, invitation) or done,
            is_dangerous=page == "revoke",
        )
        for label, page, way, action in (
            ("Resend", "resend", Way.DO, "invitations:ResendInvitation"),
            ("Revoke", "revoke", Way.ASK, "invitations:RevokeInvitation"),
        )
    )
    return InvitationRow(invitation, state, menu)
