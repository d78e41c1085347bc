from typing import TYPE_CHECKING, Any, Final, Self, cast

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet

from accounts.models import Project, User
from accounts.permissions import Permission
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from gateway.models.facade import Model
from providers.models import Provider

if TYPE_CHECKING:
    from accounts.models import Membership

HOLDERS: Final = ("user", "group", "project")
TARGETS: Final = ("model", "provider")


class AccessGrantQuerySet(WalledQuerySet["AccessGrant"]):
    """A grant is seen where its facade is at home; one on what is shared, where it reaches."""

    shows_shared = True

    def with_names(self) -> Self:
        return self.select_related(
            "user", "group", "project", "model__project", "provider__project"
        )

    def reaching(self, user: User, projects: "QuerySet[Membership, Any]") -> Self:
        """Keep those that reach a person: by name, by a group of theirs, by their projects."""
        groups = user.groups.values("pk")
        return self.filter(Q(user=user) | Q(group__in=groups) | Q(project__in=projects))

    def for_project(self, project: Project | None) -> Self:
        """Keep those on a project's own facades, and those that let it use what is shared."""
        if project is None:
            return self.filter(Q(model__project=None, provider=None) | Q(provider__isnull=False))
        return self.filter(Q(model__project=project) | Q(project=project))

    @classmethod
    def project_of(cls, row: "AccessGrant") -> Project | None:
        return row.home

    @classmethod
    def parents_of(cls, _row: Any) -> list[models.Model]:
        return []

    def _visible_to_person(self, user: User, permission: Permission) -> Self:
        if user.is_staff:
            return self.all()
        projects = self._projects_read_by(user, permission)
        return self.filter(Q(model__project__in=projects) | Q(project__in=projects))


class AccessGrant(models.Model):
    """Lets a person, a group or a project call a facade, or the models of a shared provider.

    Grants only ever allow. What a person may call is all that they, and their groups, were
    granted, and what the project was that they call from.
    """

    public_id = PublicIdField(prefix="acg")
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="access_grants"
    )
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, blank=True, related_name="access_grants"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, null=True, blank=True, related_name="access_grants"
    )
    model = models.ForeignKey(
        Model, on_delete=models.CASCADE, null=True, blank=True, related_name="grants"
    )
    provider = models.ForeignKey(
        Provider, on_delete=models.CASCADE, null=True, blank=True, related_name="access_grants"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccessGrantQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        verbose_name = "access grant"
        constraints = (
            models.CheckConstraint(
                condition=Q(user__isnull=False, group=None, project=None)
                | Q(user=None, group__isnull=False, project=None)
                | Q(user=None, group=None, project__isnull=False),
                name="grant_has_one_holder",
                violation_error_message="Choose one: a person, a group or a project.",
            ),
            models.CheckConstraint(
                condition=Q(model__isnull=False, provider=None)
                | Q(model=None, provider__isnull=False),
                name="grant_has_one_target",
                violation_error_message="Choose one: a model or a shared provider.",
            ),
            *(
                models.UniqueConstraint(
                    fields=(holder, target),
                    name=f"grant_once_of_{target}_to_{holder}",
                    violation_error_message="That was granted already.",
                )
                for holder in HOLDERS
                for target in TARGETS
            ),
        )

    def __str__(self) -> str:
        return f"{self.target} for {self.holder}"

    @property
    def holder(self) -> User | Group | Project:
        return cast("User | Group | Project", self.user or self.group or self.project)

    @property
    def target(self) -> Model | Provider:
        return cast("Model | Provider", self.model or self.provider)

    @property
    def home(self) -> Project | None:
        """The project that the target belongs to; None where staff share it."""
        return self.target.project

    def clean(self) -> None:
        """Let what is a project's own be granted inside it alone."""
        if not (self.model_id or self.provider_id):
            return  # the constraint says so
        home = self.home
        if self.provider_id and home is not None:
            raise ValidationError(
                {"provider": "A project's own provider needs no grant: its models are its own."}
            )
        if home is None:
            return
        if self.project_id and self.project_id != home.pk:
            raise ValidationError(
                {"project": f"{self.target} belongs to another project: staff share models."}
            )
        if self.user_id and not home.memberships.filter(user=self.user_id).exists():
            raise ValidationError({"user": f"Nobody of that name is a member of {home}."})

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a grant."""
        return {
            "holder": str(self.holder),
            "holderType": self.holder._meta.verbose_name,
            "target": str(self.target),
            "targetType": self.target._meta.verbose_name,
        }
