from typing import TYPE_CHECKING, Any, Never, Self

from django.db import IntegrityError, models, router, transaction
from django.db.models.deletion import Collector
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify

from accounts import audit
from accounts.models.epoch import Epoch
from accounts.models.keys import KeyEncryptionKey
from accounts.models.user import User
from accounts.refusals import Refused
from accounts.roles import Role
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField

if TYPE_CHECKING:
    from accounts.audit import Actor

_SLUG_LENGTH = 60
_SLUG_ATTEMPTS = 20


class ProjectQuerySet(WalledQuerySet["Project"]):
    project_path = "pk"
    survives_archiving = True

    def active(self) -> Self:
        return self.filter(is_archived=False)

    def by_name(self) -> Self:
        return self.order_by(Lower("name"), "pk")

    def for_project(self, project: "Project | None") -> Self:
        return self.filter(pk=project.pk) if project else self.none()

    @classmethod
    def project_of(cls, row: Any) -> "Project | None":
        return row if isinstance(row, Project) else None

    def start(self, *, name: str, owner: User, by: "Actor") -> "Project":
        """Make a project with its first owner; its slug follows from the name.

        Raises ValidationError for a name that is empty or too long.
        """
        project = Project(name=name.strip())
        project.begin(owner=owner, by=by)
        return project

    def delete(self) -> Never:
        raise DeletedByTypedNameOnly


class DeletedByTypedNameOnly(Refused):
    """A project is too much to delete by accident."""

    def __init__(self) -> None:
        super().__init__(
            "Type the project's name exactly as it is to delete it with everything in it.",
            code="name_not_typed",
        )


class Project(models.Model):
    """The tenant boundary: everything a tenant owns hangs off one."""

    public_id = PublicIdField(prefix="prj")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=_SLUG_LENGTH, editable=False)
    is_archived = models.BooleanField("archived", default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = (Lower("name"), "pk")
        permissions = (("use_project", "Can use project"),)
        constraints = (
            models.UniqueConstraint(fields=("slug",), name="project_slug_is_unique"),
            models.CheckConstraint(condition=~models.Q(slug=""), name="project_has_a_slug"),
        )

    def __str__(self) -> str:
        return self.name

    def role_of(self, user: User) -> Role | None:
        membership = self.memberships.filter(user=user).first()
        return Role(membership.role) if membership else None

    def begin(self, *, owner: User, by: "Actor") -> None:
        """Store a new project with its first owner."""
        self.full_clean(exclude=["slug"])
        with transaction.atomic():
            _save_with_free_slug(self)
            self.memberships.create(user=owner, role=Role.OWNER)
            audit.record(by, "projects:CreateProject", self, before=None, after=self.told())
            Epoch.bump()

    def rename(self, name: str, *, by: "Actor") -> None:
        """Call it something else; the slug, which scripts know, stays."""
        self.name = name.strip()
        self.full_clean(exclude=["slug"])
        self._keep("name", by=by)

    def archive(self, *, by: "Actor") -> None:
        """Stop every key and hide everything in it from its members, until it is restored."""
        self.is_archived = True
        self._keep("is_archived", by=by)

    def restore(self, *, by: "Actor") -> None:
        self.is_archived = False
        self._keep("is_archived", by=by)

    def shred_and_delete(self, *, typed_name: str, by: "Actor") -> None:
        """Destroy the project's key, so that no copy of its secrets opens, then delete its rows.

        The key is gone for good once that is committed, whatever happens to the rows: called
        again, the deletion goes on from there. Call it outside a transaction. Raises Refused
        unless the name is typed, and Django's RestrictedError where something outside needs a row.
        """
        if typed_name != self.name:
            raise DeletedByTypedNameOnly
        Collector(using=router.db_for_write(Project), origin=self).collect([self])
        with transaction.atomic(durable=True):
            self.is_archived = True
            self._keep("is_archived", by=by)
            KeyEncryptionKey.objects.filter(project=self).destroy(at=timezone.now())
        with transaction.atomic():
            audit.record(by, "projects:DeleteProject", self, before=self.told(), after=None)
            super().delete()
            Epoch.revoke()

    def delete(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refused: see `shred_and_delete`."""
        raise DeletedByTypedNameOnly

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a project."""
        return {"name": self.name, "slug": self.slug, "archived": self.is_archived}

    def _keep(self, field: str, *, by: "Actor") -> None:
        with transaction.atomic():
            before = Project.objects.get(pk=self.pk).told()
            self.save(update_fields=[field])
            audit.record(by, "projects:UpdateProject", self, before=before, after=self.told())
            Epoch.revoke()


def _save_with_free_slug(project: Project) -> None:
    """Try the plain slug first, then numbered ones: two people may start the same name at once."""
    base = slugify(project.name)[: _SLUG_LENGTH - 4].strip("-") or "project"
    for number in range(1, _SLUG_ATTEMPTS):
        project.slug = base if number == 1 else f"{base}-{number}"
        try:
            with transaction.atomic():
                project.save(force_insert=True)
        except IntegrityError:
            continue
        return
    raise Refused("Too many projects have this name; choose another.", code="slug_taken")
