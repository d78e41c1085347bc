"""What each person wants to be told of, and where."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from accounts import audit
from accounts.models.membership import Membership
from accounts.models.notice import Topic
from accounts.models.project import Project
from accounts.models.user import User, UserStatus
from accounts.refusals import Refused
from accounts.roles import Role
from accounts.tenancy.models import SharedTenantModel
from accounts.tenancy.querysets import WalledQuerySet

if TYPE_CHECKING:
    from accounts.audit import Actor

ALL: Final = tuple(topic.value for topic in Topic)
# Who answers for a project is told; everybody else asks for it.
_TOLD_BY_ITSELF: Final = frozenset({Role.OWNER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Wanted:
    """The topics that somebody is told of, by where."""

    in_app: tuple[str, ...] = ()
    by_email: tuple[str, ...] = ()

    @classmethod
    def usually(cls, role: Role | None) -> Self:
        """Give what counts until somebody chooses; None is staff, of the instance's own."""
        return cls(ALL, ALL) if role is None or role in _TOLD_BY_ITSELF else cls()

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a choice."""
        return {"inApp": list(self.in_app), "byEmail": list(self.by_email)}


class NoticeChoiceQuerySet(WalledQuerySet["NoticeChoice"]):
    def wanted_by(self, user: User, project: Project | None) -> Wanted:
        """Give what somebody is told of in a project, chosen or usual."""
        chosen = self.filter(user=user, project=project).first()
        if chosen:
            return chosen.wanted
        return Wanted.usually(project.role_of(user)) if project else Wanted.usually(None)

    @transaction.atomic
    def choose(self, user: User, project: Project | None, wanted: Wanted, *, by: "Actor") -> Wanted:
        """Store what somebody wants.

        Raises ValidationError for a topic that there is not, Refused for a project that they are
        no member of: nobody else is told of it.
        """
        if project and project.role_of(user) is None:
            raise Refused(f"Only members of “{project}” are told of it.", code="not_a_member")
        _refuse_unknown(wanted)
        before = self.wanted_by(user, project)
        chosen = {"in_app": _in_order(wanted.in_app), "by_email": _in_order(wanted.by_email)}
        choice, _ = self.update_or_create(user=user, project=project, defaults=chosen)
        after = choice.wanted
        if after != before:
            told = before.told(), after.told()
            audit.record(by, "notices:UpdateNoticeChoices", choice, before=told[0], after=told[1])
        return after


class NoticeChoice(SharedTenantModel):
    """One person's choice in one project, or of what staff are told about the instance."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    in_app: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    by_email: "models.JSONField[Any, Any]" = models.JSONField(default=list)

    objects = NoticeChoiceQuerySet.as_manager()

    class Meta:
        verbose_name = "choice of notices"
        constraints = (
            models.UniqueConstraint(fields=("project", "user"), name="notices_chosen_once"),
            models.UniqueConstraint(
                fields=("user",), condition=Q(project=None), name="instance_notices_chosen_once"
            ),
        )

    def __str__(self) -> str:
        return f"what {self.user} is told of"

    @property
    def wanted(self) -> Wanted:
        return Wanted(tuple(self.in_app), tuple(self.by_email))


def _refuse_unknown(wanted: Wanted) -> None:
    errors = {
        field: f"There is no topic {unknown[0]}."
        for field, topics in (("in_app", wanted.in_app), ("by_email", wanted.by_email))
        if (unknown := sorted({*topics} - {*ALL}))
    }
    if errors:
        raise ValidationError(errors)


def _in_order(topics: Collection[str]) -> list[str]:
    return [topic for topic in ALL if topic in topics]


def people_told(project: Project | None, topic: str) -> tuple[list[int], list[int]]:
    """Give who is told of a topic in the portal, and who by email; active people alone."""
    wanted = _wanted_in(project)
    in_app = [pk for pk, each in wanted if topic in each.in_app]
    return in_app, [pk for pk, each in wanted if topic in each.by_email]


def _wanted_in(project: Project | None) -> Iterable[tuple[int, Wanted]]:
    chosen = {row.user_id: row.wanted for row in NoticeChoice.objects.filter(project=project)}
    return [(pk, chosen.get(pk) or Wanted.usually(role)) for pk, role in _people_of(project)]


def _people_of(project: Project | None) -> list[tuple[int, Role | None]]:
    if project is None:
        return [(pk, None) for pk in User.objects.active().staff().values_list("pk", flat=True)]
    members = Membership.objects.filter(project=project, user__status=UserStatus.ACTIVE)
    return [(pk, Role(role)) for pk, role in members.values_list("user_id", "role")]
