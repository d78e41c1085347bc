"""The wall in queries: what somebody may see, and what belongs to one project."""

from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from django.apps import apps
from django.db.models import Exists, Model, Q, QuerySet

from accounts.grants import granted_pks
from accounts.permissions import Permission, reading
from accounts.principal import Principal
from foundation.fields import PublicIdField

if TYPE_CHECKING:
    from accounts.models import ApiKey, Membership, Project, User

Row = TypeVar("Row", bound=Model)


class WalledQuerySet(QuerySet[Row]):
    """Rows that hang off a project, reached along ``project_path``.

    A row whose project is NULL is shared by staff. Those show up for members of any project
    where ``shows_shared`` says so; otherwise they are for staff alone.
    """

    project_path: ClassVar[str] = "project"
    shows_shared: ClassVar[bool] = False
    survives_archiving: ClassVar[bool] = False
    read_as: ClassVar[str] = ""  # the model whose permission counts, where it is another's

    def visible_to(self, who: "User | Principal") -> Self:
        """Keep what a person or a key may see in a list; never more than the registry says.

        Costs no query of its own. Raises Undeclared for a model without a row in the registry.
        """
        principal = Principal.of(who)
        inside = self.inside_wall_of(principal)
        return inside.let_through(principal.key) if principal.key else inside

    def inside_wall_of(self, who: "User | Principal") -> Self:
        """Keep what a person, or a key's creator in its project, may see, whatever its policy says.

        A key that may test a provider need not be able to list it; `may` has the last word.
        """
        principal = Principal.of(who)
        permission = self._permission()
        if not principal.is_in_force:
            return self.none()
        if principal.key is None:
            return self._visible_to_person(principal.user, permission)
        if permission.lowest_role is None:
            return self.none()
        return self._visible_to_person(principal.user, permission).for_project(
            principal.key.project
        )

    def for_project(self, project: "Project | None") -> Self:
        """Keep what a project has or may use; None keeps what is shared by staff."""
        if project is None:
            return self.filter(self._shared())
        own = Q(**{self.project_path: project})
        return self.filter(own | self._shared() if self.shows_shared else own)

    @classmethod
    def project_of(cls, row: Any) -> "Project | None":
        """Walk from a row to its project; None where it is shared. Queries unless it is loaded."""
        for step in cls.project_path.split("__"):
            row = getattr(row, step)
        return cast("Project | None", row)

    @classmethod
    def parents_of(cls, row: Any) -> list[Model]:
        """List what stands between a row and its project, the nearest first."""
        parents = []
        for step in cls.project_path.split("__")[:-1]:
            row = getattr(row, step)
            parents.append(row)
        return parents

    def _permission(self) -> Permission:
        return reading(self.read_as or self.model._meta.label_lower)

    def _shared(self) -> Q:
        return Q(**{f"{self.project_path}__isnull": True})

    def _visible_to_person(self, user: "User", permission: Permission) -> Self:
        if user.is_staff:
            return self.all()
        projects = self._projects_read_by(user, permission)
        seen = Q(**{f"{self.project_path}__in": projects})
        for path, model in granted_along(self.model, self.project_path):
            for pks in granted_pks(user, "view", model):
                seen |= Q(**{f"{path}__in": pks})
        if self.shows_shared:
            seen |= self._shared() & Q(Exists(projects))
        return self.filter(seen)

    def let_through(self, key: "ApiKey") -> Self:
        policy, action = key.parsed_policy, self._permission().action
        if policy is None:
            return self
        prefix = _id_prefix(self.model)
        if not prefix:
            return self if policy.allows(action, key.project.public_id) else self.none()
        reach = policy.reach(action, prefix)
        kept = self.exclude(public_id__in=reach.excepted) if reach.excepted else self
        return kept if reach.everything else kept.filter(public_id__in=reach.ids)

    def _projects_read_by(
        self, user: "User", permission: Permission
    ) -> "QuerySet[Membership, Any]":
        membership = cast("type[Membership]", apps.get_model("accounts.Membership"))
        roles = permission.lowest_role.and_above() if permission.lowest_role else ()
        read = membership.objects.filter(user=user, role__in=roles)
        if not self.survives_archiving:
            read = read.filter(project__is_archived=False)
        return read.values("project_id")


def wall_of(model: type[Model]) -> type[WalledQuerySet[Any]] | None:
    """Find the wall around a model's rows; None for what belongs to no project at all."""
    found = getattr(model._default_manager, "_queryset_class", None)
    return found if isinstance(found, type) and issubclass(found, WalledQuerySet) else None


def granted_along(model: type[Model], project_path: str) -> list[tuple[str, type[Model]]]:
    """List the path to each model whose grants count: the row itself, and what it is part of."""
    steps, found = project_path.split("__")[:-1], [("pk", model)]
    for number, step in enumerate(steps, start=1):
        model = cast("type[Model]", model._meta.get_field(step).related_model)
        found.append(("__".join(steps[:number]), model))
    return found


def _id_prefix(model: type[Model]) -> str:
    for field in model._meta.get_fields():
        if isinstance(field, PublicIdField):
            return field.prefix
    return ""
