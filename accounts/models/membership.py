from typing import TYPE_CHECKING, Any, Never, Self

from django.db import models, transaction

from accounts import audit
from accounts.models.epoch import Epoch
from accounts.models.project import Project
from accounts.models.user import User, UserStatus
from accounts.refusals import Refused
from accounts.roles import Role
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet

if TYPE_CHECKING:
    from accounts.audit import Actor


class MembershipQuerySet(WalledQuerySet["Membership"]):
    survives_archiving = True

    def owners(self) -> Self:
        return self.filter(role=Role.OWNER)

    def active(self) -> Self:
        """Keep those who can sign in: an owner who can't looks after nothing."""
        return self.filter(user__status=UserStatus.ACTIVE)

    def owned_alone_by(self, user: User) -> list[Project]:
        """Hold the projects that somebody owns, and give those that nobody else active does."""
        owned = Project.objects.filter(pk__in=self.owners().filter(user=user).values("project"))
        held = list(owned.select_for_update(no_key=True).order_by("name"))
        others = Membership.objects.owners().active().exclude(user=user).filter(project__in=held)
        kept = set(others.values_list("project", flat=True))
        return [project for project in held if project.pk not in kept]

    @transaction.atomic
    def add(self, project: Project, user: User, role: Role, *, by: "Actor") -> "Membership":
        """Make somebody a member; raises Refused where `by` may not give that role."""
        membership = Membership(project=project, user=user, role=role)
        membership.refuse_to_outrank(by, role)
        membership.full_clean()
        membership.save()
        audit.record(by, "members:AddMember", membership, before=None, after=membership.told())
        Epoch.bump()
        return membership

    @transaction.atomic
    def join(self, project: Project, user: User, role: Role, *, action: str) -> "Membership":
        """Let somebody in who was asked to come, under the permission `action`.

        Whoever is a member already keeps the role that they have.
        """
        known = self.filter(project=project, user=user).first()
        if known:
            return known
        membership = Membership(project=project, user=user, role=role)
        membership.full_clean()
        membership.save()
        audit.record(user, action, membership, before=None, after=membership.told())
        Epoch.bump()
        return membership

    def update(self, **_values: object) -> Never:
        raise Refused("Change roles one by one, with change_role(…).", code="change_one_by_one")

    def delete(self) -> Never:
        raise Refused("Remove members one by one, with remove(…).", code="delete_one_by_one")


class LastOwner(Refused):
    """A project without an owner would be nobody's."""

    def __init__(self, membership: "Membership") -> None:
        super().__init__(
            f"{membership.user} is the last active owner of “{membership.project}”: "
            "make somebody else an owner first.",
            code="last_owner",
        )


class Membership(TenantModel):
    """One person's role in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    # RESTRICT, not CASCADE: deleting a person goes through the rule about the last owner.
    user = models.ForeignKey(User, on_delete=models.RESTRICT, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("project", "user"),
                name="member_once_in_project",
                violation_error_message="This person is a member already.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.project}"

    @transaction.atomic
    def change_role(self, role: Role, *, by: "Actor") -> None:
        """Give another role.

        Raises Refused for lowering one's own, for an admin touching an owner, for the last owner.
        """
        self._refuse_self(by, role)
        self.refuse_to_outrank(by, role)
        before, self.role = self.told(), role
        self.save(update_fields=["role"])
        audit.record(by, "members:UpdateMembers", self, before=before, after=self.told())
        Epoch.revoke()

    @transaction.atomic
    def remove(self, *, by: "Actor") -> None:
        """Take somebody out of the project, by the same rules as `change_role`."""
        self._refuse_self(by, None)
        self.refuse_to_outrank(by, None)
        audit.record(by, "members:RemoveMember", self, before=self.told(), after=None)
        self.delete()
        Epoch.revoke()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Every way to change a role passes here, so the last owner is kept here."""
        with transaction.atomic():
            if not self._state.adding:
                self._keep_an_owner(leaves=self.role != Role.OWNER)
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            self._keep_an_owner(leaves=True)
            return super().delete(*args, **kwargs)

    def refuse_to_outrank(self, by: "Actor", role: Role | None) -> None:
        if Role.OWNER in {self.role, role}:
            refuse_all_but_owners(by, self.project)

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a membership."""
        return {"user": self.user.email, "role": self.role}

    def _refuse_self(self, by: "Actor", role: Role | None) -> None:
        person = audit.person_of(by)
        lowers = role is None or not role.covers(Role(self.role))
        if person and person.pk == self.user_id and lowers:
            raise Refused(
                "Nobody can demote or remove themselves: ask another owner.", code="demote_self"
            )

    def _keep_an_owner(self, *, leaves: bool) -> None:
        """Hold the project's row while looking, so that two owners can't leave at the same time."""
        stored = Membership.objects.get(pk=self.pk)
        moves = stored.project_id != self.project_id
        if stored.role != Role.OWNER or not (leaves or moves):
            return
        Project.objects.select_for_update(no_key=True).get(pk=stored.project_id)
        others = Membership.objects.owners().active().filter(project=stored.project_id)
        if not others.exclude(pk=stored.pk).exists():
            raise LastOwner(stored)


def refuse_all_but_owners(by: "Actor", project: Project) -> None:
    """Only owners and staff invite, make, change or remove owners."""
    person = audit.person_of(by)
    if person is None or person.is_staff or project.role_of(person) == Role.OWNER:
        return
    raise Refused("Only an owner changes who owns a project.", code="owners_only")
