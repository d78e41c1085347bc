from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q

from accounts.models import Epoch, Project
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet
from providers.health import Event, Mode, State
from providers.models.lending import is_lent
from providers.models.monitoring import BOUNDS, STATE, Monitored, RoutingEvent
from providers.models.provider import Provider, Status
from providers.models.provider_model import ModelKind, ProviderModel


class ProjectRoutingQuerySet(WalledQuerySet["ProjectRouting"]):
    def lock_for(self, provider: Provider) -> None:
        """Hold the rows that may point at `provider`: nobody makes its model active meanwhile."""
        concerned = Q() if provider.project_id is None else Q(project=provider.project_id)
        list(self.select_for_update().filter(concerned).values_list("pk"))

    def leave_out(self, models: Iterable[ProviderModel]) -> None:
        """Clear the fallback and the task model where they are one of `models`."""
        keys = [model.pk for model in models]
        self.filter(fallback_model__in=keys).update(
            fallback_model=None,
            mode=Mode.NORMAL,
            mode_since=None,
            failures=0,
            successes=0,
            stuck="",
            next_check_at=None,
        )
        self.filter(task_model__in=keys).update(task_model=None)

    def with_models(self) -> Self:
        return self.select_related(
            "active_model__provider",
            "fallback_model__provider",
            "task_model__provider",
            "drilled_provider",
            "drilled_by",
        )

    def watching(self, provider: Provider) -> Self:
        """Hold those whose monitor is on and whose active model or fallback is of `provider`."""
        concerned = Q(active_model__provider=provider) | Q(fallback_model__provider=provider)
        watching = self.monitored().filter(concerned).with_models()
        return watching.select_for_update(of=("self",)).order_by("pk")

    def monitored(self) -> Self:
        return self.filter(
            is_monitored=True, active_model__isnull=False, project__is_archived=False
        )

    def due(self, *, now: datetime) -> Self:
        at_once = Q(next_check_at=None)
        return self.monitored().filter(at_once | Q(next_check_at__lte=now))

    def put_off(self, routing: "ProjectRouting", until: datetime) -> bool:
        """Take a due check on; False where somebody else was faster, as a second scheduler is."""
        mine = self.filter(pk=routing.pk, next_check_at=routing.next_check_at)
        return bool(mine.update(next_check_at=until))


class ProjectRouting(Monitored, TenantModel):
    """Which model answers in a project, and which one when that can't."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="routing")
    active_model = models.ForeignKey(
        ProviderModel, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    fallback_model = models.ForeignKey(
        ProviderModel, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    task_model = models.ForeignKey(
        ProviderModel, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ProjectRoutingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "routing"
        constraints = (
            models.CheckConstraint(
                condition=~Q(active_model=F("fallback_model"))
                | Q(active_model=None)
                | Q(fallback_model=None),
                name="active_is_not_fallback",
                violation_error_message="The active model and the fallback must differ.",
            ),
            *(models.CheckConstraint(condition=bound, name=name) for name, bound in BOUNDS),
        )

    def __str__(self) -> str:
        return f"Routing of {self.project}"

    @classmethod
    def of(cls, project: Project) -> "ProjectRouting":
        """Lock the project's row, made where it is missing. Call it inside a transaction."""
        cls.objects.get_or_create(project=project)
        return cls.objects.select_for_update().get(project=project)

    @transaction.atomic
    def set_active(self, model: ProviderModel) -> None:
        """Send the project's requests to `model`; a fallback that it was is cleared."""
        self.refuse_unusable(model, "active_model")
        if self.active_model_id != model.pk:
            self._begin_anew(f"{model} was chosen as the active model.")
        self.active_model = model
        if self.fallback_model_id == model.pk:
            self.fallback_model = None
        self._keep("active_model", "fallback_model")

    @transaction.atomic
    def set_fallback(self, model: ProviderModel | None) -> None:
        if model:
            self.refuse_unusable(model, "fallback_model")
        if model and self.active_model_id == model.pk:
            raise ValidationError(
                {"fallback_model": "The active model and the fallback must differ."}
            )
        if model is None:
            self._begin_anew("The fallback was removed.")
        self.fallback_model, self.stuck = model, ""
        self._keep("fallback_model")

    @transaction.atomic
    def set_task(self, model: ProviderModel | None) -> None:
        if model:
            self.refuse_unusable(model, "task_model")
        self.task_model = model
        self._keep("task_model")

    def refuse_unusable(self, model: ProviderModel, field: str) -> None:
        """Refuse to choose it: what was chosen already stays when a grant is taken back."""
        self._refuse_unfit(model, field)
        if not is_lent(model.provider, self.project):
            reason = f"{model.provider.name} is shared, and not granted to this project."
            raise ValidationError({field: reason})

    def _refuse_unfit(self, model: ProviderModel, field: str) -> None:
        provider = model.provider
        if provider.project_id not in {None, self.project_id}:
            raise ValidationError({field: "Choose a model of this project."})
        if provider.status != Status.ACTIVE or model.status != Status.ACTIVE:
            raise ValidationError({field: f"{model} is disabled: enable it first."})
        if model.kind != ModelKind.CHAT:
            raise ValidationError({field: f"{model} makes embeddings: choose a chat model."})

    @property
    def is_falling_back(self) -> bool:
        """Whether the fallback is asked first."""
        return self.mode == Mode.FALLBACK and self.fallback_model_id is not None

    @transaction.atomic
    def configure(self, settings: Mapping[str, object]) -> None:
        """Set the monitor up otherwise; its state stays, and it checks at once.

        One that is switched off goes back to the active model, and takes no provider of the project
        for down any more: nobody else would bring them back.
        """
        for name, value in settings.items():
            setattr(self, name, value)
        self.full_clean(validate_unique=False)
        if not self.is_monitored:
            self._begin_anew("The health monitor was switched off.")
            Provider.objects.filter(project=self.project_id).forget_health()
        self._keep(*settings)

    def _begin_anew(self, because: str) -> None:
        """Forget the state, for a person's change makes it untrue; the caller keeps it."""
        if self.mode == Mode.FALLBACK:
            RoutingEvent.objects.create(
                project=self.project,
                event=Event.BEGUN_ANEW,
                message=f"{because} Back to normal mode.",
            )
        self.take_state(State())

    def clean(self) -> None:
        self.refuse_unknown_notices()
        for field in ("active_model", "fallback_model", "task_model"):
            model = getattr(self, field)
            if model:
                self._refuse_unfit(model, field)

    def _keep(self, *fields: str) -> None:
        self.next_check_at = None
        self.save(update_fields={*fields, *STATE, "next_check_at"})
        Epoch.bump()
