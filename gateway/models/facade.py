from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, cast

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Prefetch, Q

from accounts.models import Epoch, Project, User
from accounts.permissions import Permission
from accounts.tenancy.models import SharedTenantModel
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from gateway.models.refusals import MOST_NAMED, ModelHasAgents, NoUsableBackend
from providers.models import ModelKind, ProviderModel

if TYPE_CHECKING:
    from gateway.models.access_grant import AccessGrantQuerySet

LONGEST_SLUG: Final = 64
MOST_WEIGHT: Final = 1000
# Names that the gateway gives a meaning of its own.
RESERVED: Final = frozenset({"default", "task"})


class ModelStatus(models.TextChoices):
    """Only an active facade answers; a draft waits for its first usable backend."""

    DRAFT = "draft", "draft"
    ACTIVE = "active", "active"
    DISABLED = "disabled", "disabled"


def access_grants() -> "AccessGrantQuerySet":
    """Every grant; they stand on facades, which ask for them by name."""
    return cast("AccessGrantQuerySet", apps.get_model("gateway.AccessGrant").objects.all())


@dataclass(frozen=True, slots=True)
class BackendDraft:
    """One backend to be: the lowest priority is asked first, weights share within one."""

    provider_model: ProviderModel
    priority: int = 1
    weight: int = 1


class ModelQuerySet(WalledQuerySet["Model"]):
    """A shared facade is seen where a grant reaches: a person, a group of theirs, a project."""

    shows_shared = True

    def active(self) -> Self:
        return self.filter(status=ModelStatus.ACTIVE)

    def by_slug(self) -> Self:
        return self.order_by("slug", "pk")

    def with_backends(self) -> Self:
        backends = ModelBackend.objects.in_order().select_related(
            "provider_model__provider__secret"
        )
        return self.select_related("project").prefetch_related(Prefetch("backends", backends))

    def with_grants(self) -> Self:
        return self.prefetch_related("grants")

    def for_project(self, project: Project | None) -> Self:
        """Keep what a project has, and the shared ones that are granted to it."""
        if project is None:
            return self.filter(project=None)
        granted = access_grants().filter(project=project).values("model")
        return self.filter(Q(project=project) | Q(project=None, pk__in=granted))

    def _visible_to_person(self, user: User, permission: Permission) -> Self:
        if user.is_staff:
            return self.all()
        projects = self._projects_read_by(user, permission)
        granted = access_grants().reaching(user, projects).values("model")
        return self.filter(Q(project__in=projects) | Q(project=None, pk__in=granted))


class Model(SharedTenantModel):
    """A facade: one name that clients call, and the provider models that answer under it."""

    public_id = PublicIdField(prefix="mdl")
    slug = models.CharField(
        max_length=LONGEST_SLUG,
        validators=(RegexValidator(r"^[a-z0-9-]+\Z", "Use a to z, 0 to 9 and hyphens alone."),),
        help_text="What clients write as the model.",
    )
    name = models.CharField("display name", max_length=100, blank=True)
    kind = models.CharField(max_length=9, choices=ModelKind, default=ModelKind.CHAT)
    status = models.CharField(
        max_length=8, choices=ModelStatus, default=ModelStatus.DRAFT, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ModelQuerySet.as_manager()

    class Meta:
        ordering = ("slug", "pk")
        verbose_name = "model"
        constraints = (
            models.UniqueConstraint(
                fields=("project", "slug"),
                name="model_slug_unique_in_project",
                violation_error_message="This project already has a model of that name.",
            ),
            models.UniqueConstraint(
                fields=("slug",),
                condition=Q(project=None),
                name="model_slug_unique_when_shared",
                violation_error_message="There is already a shared model of that name.",
            ),
            models.CheckConstraint(condition=~Q(slug=""), name="model_has_a_slug"),
            models.CheckConstraint(
                condition=~Q(slug__in=sorted(RESERVED)), name="model_slug_is_not_reserved"
            ),
        )

    def __str__(self) -> str:
        return self.slug

    @property
    def is_active(self) -> bool:
        return self.status == ModelStatus.ACTIVE

    @property
    def usable_backends(self) -> "list[ModelBackend]":
        """Those that could answer, in order; costs no query after `with_backends`."""
        return [backend for backend in self.backends.all() if backend.is_usable]

    def clean(self) -> None:
        if self.slug in RESERVED:
            raise ValidationError({"slug": f"“{self.slug}” names the project's own choice."})
        same = Model.objects.filter(project=self.project_id, slug=self.slug).exclude(pk=self.pk)
        if same.exists():
            where = "This project already has" if self.project_id else "There is already"
            shared = "" if self.project_id else "shared "
            raise ValidationError({"slug": f"{where} a {shared}model of that name."})
        kinds = self.backends.values_list("provider_model__kind", flat=True) if self.pk else ()
        if any(kind != self.kind for kind in kinds):
            raise ValidationError(
                {"kind": "Its backends are of the other kind: remove them first."}
            )

    def arrange(self, drafts: Sequence[BackendDraft]) -> None:
        """Make these its backends, and no others. Call it in the transaction that keeps it.

        A draft with a usable backend becomes active. Raises ValidationError for a backend that
        it can't have, and Refused where an active one would be left without any.
        """
        self._refuse_repeated(drafts)
        self.backends.all().delete()
        for position, draft in enumerate(drafts):
            backend = ModelBackend(
                model=self,
                provider_model=draft.provider_model,
                priority=draft.priority,
                weight=draft.weight,
                position=position,
            )
            backend.refuse_unfit()
            backend.full_clean()
            backend.save()
        self._settle()

    def activate(self) -> None:
        """Let it answer; raises NoUsableBackend where nothing of its kind could."""
        if not self._has_usable_backend():
            raise NoUsableBackend(self)
        self._become(ModelStatus.ACTIVE)

    def disable(self) -> None:
        """Keep everything, and answer nobody."""
        self._become(ModelStatus.DISABLED)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused while agents are routed to it."""
        with transaction.atomic():
            count = self.agents.count()
            if count:
                named = list(self.agents.order_by("name", "pk")[:MOST_NAMED])
                raise ModelHasAgents(self, named, count)
            result = super().delete(*args, **kwargs)
            Epoch.revoke()
        return result

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a facade."""
        backends = self.backends.select_related("provider_model__provider").in_order()
        return {
            "slug": self.slug,
            "name": self.name,
            "kind": self.kind,
            "status": self.status,
            "backends": [
                {
                    "model": str(backend.provider_model),
                    "priority": backend.priority,
                    "weight": backend.weight,
                }
                for backend in backends
            ],
        }

    def _settle(self) -> None:
        if self._has_usable_backend():
            if self.status == ModelStatus.DRAFT:
                self._become(ModelStatus.ACTIVE)
        elif self.is_active:
            raise NoUsableBackend(self)

    def _has_usable_backend(self) -> bool:
        return self.backends.usable().filter(provider_model__kind=self.kind).exists()

    def _become(self, status: ModelStatus) -> None:
        self.status = status
        self.save(update_fields=["status"])
        Epoch.bump()

    @staticmethod
    def _refuse_repeated(drafts: Sequence[BackendDraft]) -> None:
        seen: set[int] = set()
        for draft in drafts:
            if draft.provider_model.pk in seen:
                raise ValidationError({"backends": f"{draft.provider_model} stands there twice."})
            seen.add(draft.provider_model.pk)


class ModelBackendQuerySet(WalledQuerySet["ModelBackend"]):
    project_path = "model__project"

    def in_order(self) -> Self:
        return self.order_by("priority", "position", "pk")

    def usable(self) -> Self:
        """Those whose model and provider are enabled."""
        return self.filter(
            provider_model__status="active", provider_model__provider__status="active"
        )


class ModelBackend(models.Model):
    """One provider model that answers under a facade's name."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="backends")
    provider_model = models.ForeignKey(
        ProviderModel, on_delete=models.CASCADE, related_name="facade_backends"
    )
    priority = models.PositiveSmallIntegerField(
        default=1, validators=(MinValueValidator(1), MaxValueValidator(100))
    )
    weight = models.PositiveSmallIntegerField(
        default=1, validators=(MinValueValidator(1), MaxValueValidator(MOST_WEIGHT))
    )
    position = models.PositiveSmallIntegerField(default=0)

    objects = ModelBackendQuerySet.as_manager()

    class Meta:
        ordering = ("priority", "position", "pk")
        verbose_name = "backend"
        constraints = (
            models.UniqueConstraint(
                fields=("model", "provider_model"), name="backend_unique_in_model"
            ),
            models.CheckConstraint(condition=Q(weight__gte=1), name="backend_has_weight"),
        )

    def __str__(self) -> str:
        return f"{self.provider_model} under {self.model.slug}"

    @property
    def is_usable(self) -> bool:
        """Whether people have enabled it and its provider; costs no query after `with_backends`."""
        return self.provider_model.is_enabled and self.provider_model.provider.is_active

    def refuse_unfit(self) -> None:
        """Refuse a model of another project, of the other kind, or that is not granted."""
        target, facade = self.provider_model, self.model
        owner = target.provider.project_id
        if owner is not None and owner != facade.project_id:
            where = "of this project" if facade.project_id else "of a shared provider"
            raise ValidationError({"backends": f"Choose a model {where}."})
        if target.kind != facade.kind:
            raise ValidationError({"backends": f"{target} is of the kind {target.kind}."})
        if owner is None and facade.project_id is not None:
            granted = access_grants().filter(project=facade.project_id, provider=target.provider)
            if not granted.exists():
                reason = f"{target.provider} is shared, and not granted to this project."
                raise ValidationError({"backends": reason})
