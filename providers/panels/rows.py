"""The rows of providers and their models, put together from a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from accounts.authority import Principal
from accounts.models import Project
from providers.models import (
    ModelKind,
    Operation,
    ProjectRouting,
    Provider,
    ProviderModel,
)
from providers.panels.badges import TestBadge
from providers.panels.menus import MenuItem, Surroundings, menu_of_model

_CAPABILITIES = ("tools", "vision", "reasoning", "JSON")


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model; the list of providers asks for a row's menu when somebody opens it."""

    model: ProviderModel
    is_active: bool
    is_fallback: bool
    is_default: bool
    badge: TestBadge
    menu: tuple[MenuItem, ...] = ()

    @property
    def is_embedding(self) -> bool:
        return self.model.kind == ModelKind.EMBEDDING

    @property
    def has_marks(self) -> bool:
        marks = (self.is_active, self.is_fallback, self.is_embedding, self.model.is_missing)
        return any(marks)

    @property
    def capabilities(self) -> str:
        """Say what it can do; streaming goes without saying, its lack does not."""
        words = [word for word in _CAPABILITIES if getattr(self.model, f"has_{word.lower()}")]
        return ", ".join(words if self.model.has_streaming else [*words, "no streaming"])


@dataclass(frozen=True, slots=True)
class ProviderRow:
    provider: Provider
    edit_url: str
    opens_dialog: bool
    can_be_ticked: bool
    models: tuple[ModelRow, ...]
    shows_project: bool
    dead_until: datetime | None = None

    @property
    def kind_label(self) -> str:
        return self.provider.kind_row.type_label

    @property
    def base_url(self) -> str:
        return self.provider.effective_base_url


def surroundings_of(
    providers: Sequence[Provider], principal: Principal, project: Project | None
) -> Surroundings:
    """Look up what decides over the menus and badges of `providers`: two queries, however many.

    `providers` come with their models.
    """
    models = [model for provider in providers for model in provider.models.all()]
    projects = {provider.project for provider in providers} | {project}
    concerned = Q(project__in=projects - {None}) | Q(active_model__in=models)
    routings = ProjectRouting.objects.filter(concerned)
    running = Operation.objects.unfinished().filter(
        target_id__in=[model.public_id for model in models], verb=Operation.Verb.TEST_MODEL
    )
    return Surroundings(
        principal=principal,
        project=project,
        routings={routing.project_id: routing for routing in routings},
        running={operation.target_id: operation for operation in running},
    )


def provider_rows(
    providers: Sequence[Provider], around: Surroundings, *, now: datetime
) -> tuple[ProviderRow, ...]:
    """Give each provider its row, with the rows of its enabled models below."""
    return tuple(_provider_row(provider, around, now) for provider in providers)


def model_rows(
    provider: Provider,
    models: Iterable[ProviderModel],
    around: Surroundings,
    *,
    on_page: bool = False,
) -> tuple[ModelRow, ...]:
    """Give each model its row; `on_page`, the provider's own page, with its menu."""
    return tuple(_model_row(provider, model, around, on_page=on_page) for model in models)


def _provider_row(provider: Provider, around: Surroundings, now: datetime) -> ProviderRow:
    enabled = [model for model in provider.models.all() if model.is_enabled]
    may_edit = around.may("aiProviders:UpdateAiProvider", provider)
    page = "change" if may_edit else "detail"
    return ProviderRow(
        provider=provider,
        edit_url=reverse(f"admin:providers_provider_{page}", args=[provider.public_id]),
        opens_dialog=may_edit,
        can_be_ticked=may_edit or around.may("aiProviders:TestAiProvider", provider),
        models=model_rows(provider, enabled, around),
        shows_project=around.project is None,
        dead_until=around.routing_for(provider).dead_until(provider.pk, now=now),
    )


def _model_row(
    provider: Provider, model: ProviderModel, around: Surroundings, *, on_page: bool
) -> ModelRow:
    routing = around.routing_for(provider)
    return ModelRow(
        model=model,
        is_active=routing.active_model_id == model.pk,
        is_fallback=routing.fallback_model_id == model.pk,
        is_default=provider.default_model_id == model.pk,
        badge=TestBadge.of(model, around.running.get(model.public_id)),
        menu=menu_of_model(model, around, on_page=True) if on_page else (),
    )
