"""The menus of providers and models: what applies, and in grey why something can't be done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.urls import reverse

from accounts.authority import Principal, may
from accounts.models import Project
from accounts.permissions import permission_of
from accounts.refusals import Refused
from foundation.panels import MenuItem, Way
from providers.models import ModelKind, Operation, ProjectRouting, Provider, ProviderModel
from providers.models.refusals import IsActiveModel, IsLastModel, OwnsActiveModel

__all__ = [
    "MenuItem",
    "Surroundings",
    "Way",
    "lacking",
    "menu_of_model",
    "menu_of_provider",
]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What decides over menus: who looks, from which project, what is active, what runs."""

    principal: Principal
    project: Project | None
    routings: Mapping[int, ProjectRouting]
    running: Mapping[str, Operation]

    def may(self, action: str, target: Model | None = None) -> bool:
        return may(self.principal, action, target, project=self.project)

    def lacking(
        self, action: str, target: Model | None = None, *, project: Project | None = None
    ) -> str:
        """Say why the reader may not, in one short line; empty where they may."""
        return lacking(self.principal, action, target, project=project or self.project)

    def routing_project(self, provider: Provider) -> Project | None:
        """Give the project whose routing a row speaks of: its own, or the chosen one if shared."""
        return provider.project or self.project

    def routing_for(self, provider: Provider) -> ProjectRouting:
        project = self.routing_project(provider)
        if project is None:
            return ProjectRouting()
        return self.routings.get(project.pk) or ProjectRouting(project=project)

    @property
    def active_anywhere(self) -> frozenset[int]:
        found = (routing.active_model_id for routing in self.routings.values())
        return frozenset(pk for pk in found if pk is not None)


def lacking(
    principal: Principal, action: str, target: Model | None, *, project: Project | None = None
) -> str:
    """Say why somebody may not do `action`, in one short line; empty where they may."""
    if may(principal, action, target, project=project):
        return ""
    owner = getattr(target, "provider", target)
    if isinstance(owner, Provider) and owner.project_id is None:
        return "It is shared: only staff change it."
    role = permission_of(action).lowest_role
    return f"Needs the role {role.label.lower()} or above." if role else "Only staff do this."


def menu_of_provider(provider: Provider, around: Surroundings) -> tuple[MenuItem, ...]:
    return tuple(_provider_items(provider, around))


def menu_of_model(
    model: ProviderModel, around: Surroundings, *, on_page: bool = False
) -> tuple[MenuItem, ...]:
    """List what a model's row offers; `on_page`, the provider's own page, has a little more."""
    items = [*_testing(model, around), *_routing(model, around)]
    if on_page:
        items += _page_items(model, around)
    return (*items, _removal(model, around))


def impact_item(provider: Provider) -> MenuItem:
    """Offer to look at what depends on it, which whoever sees it may."""
    return _provider_item("Impact", "impact", Way.ASK, provider)


def _provider_items(provider: Provider, around: Surroundings) -> Iterator[MenuItem]:
    owns_active = any(model.pk in around.active_anywhere for model in provider.models.all())
    yield _provider_item("View", "detail", Way.OPEN, provider)
    reason = around.lacking("aiProviders:UpdateAiProvider", provider)
    yield _provider_item("Edit", "change", Way.ASK, provider, reason)
    reason = around.lacking("aiProviders:TestAiProvider", provider)
    yield _provider_item("Test all models", "test", Way.DO, provider, reason)
    if provider.is_active:
        refusal = OwnsActiveModel(provider, "disabled") if owns_active else None
        reason = around.lacking("aiProviders:DisableAiProvider", provider) or _words(refusal)
        yield _provider_item("Disable", "disable", Way.ASK, provider, reason)
    else:
        reason = around.lacking("aiProviders:EnableAiProvider", provider)
        yield _provider_item("Enable", "enable", Way.DO, provider, reason)
    refusal = OwnsActiveModel(provider, "deleted") if owns_active else None
    reason = around.lacking("aiProviders:DeleteAiProvider", provider) or _words(refusal)
    yield _provider_item("Delete", "delete", Way.ASK, provider, reason)


def _testing(model: ProviderModel, around: Surroundings) -> Iterator[MenuItem]:
    reason = around.lacking("aiProviders:TestProviderModel", model)
    if model.public_id in around.running:
        reason = reason or "It is being tested."
    yield _model_item("Test connection", "test", Way.TEST, model, reason)


def _routing(model: ProviderModel, around: Surroundings) -> Iterator[MenuItem]:
    project = around.routing_project(model.provider)
    if project is None or model.kind != ModelKind.CHAT:
        return
    routing = around.routing_for(model.provider)
    active = around.lacking("aiProviders:SetActiveModel", project=project)
    fallback = around.lacking("aiProviders:SetFallbackModel", project=project)
    unusable = _unusable(routing, model)
    if routing.active_model_id != model.pk:
        yield _model_item("Set active", "set_active", Way.DO, model, active or unusable)
        if routing.fallback_model_id != model.pk:
            yield _model_item("Set fallback", "set_fallback", Way.DO, model, fallback or unusable)
    if routing.fallback_model_id == model.pk:
        yield _model_item("Remove fallback", "remove_fallback", Way.DO, model, fallback)


def _page_items(model: ProviderModel, around: Surroundings) -> Iterator[MenuItem]:
    reason = around.lacking("aiProviders:UpdateProviderModel", model)
    yield _model_item("Edit", "change", Way.ASK, model, reason)
    if model.is_enabled:
        is_active = model.pk in around.active_anywhere
        refusal = IsActiveModel(model, "disabled") if is_active else None
        yield _model_item("Disable", "disable", Way.ASK, model, reason or _words(refusal))
    else:
        yield _model_item("Enable", "enable", Way.DO, model, reason)
    yield _model_item("Reset to catalog", "reset", Way.ASK, model, reason)
    yield _model_item("Impact", "impact", Way.ASK, model, "")


def _removal(model: ProviderModel, around: Surroundings) -> MenuItem:
    refusal: Refused | None = None
    if model.pk in around.active_anywhere:
        refusal = IsActiveModel(model, "removed")
    elif len(model.provider.models.all()) == 1:
        refusal = IsLastModel(model)
    reason = around.lacking("aiProviders:DeleteProviderModel", model) or _words(refusal)
    return _model_item("Remove model", "delete", Way.ASK, model, reason)


def _unusable(routing: ProjectRouting, model: ProviderModel) -> str:
    try:
        routing.refuse_unusable(model, "active_model")
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _words(refusal: Refused | None) -> str:
    return refusal.message if refusal else ""


def _provider_item(
    label: str, page: str, way: Way, provider: Provider, reason: str = ""
) -> MenuItem:
    url = reverse(f"admin:providers_provider_{page}", args=[provider.public_id])
    return MenuItem(label, url, way, reason, is_dangerous=page == "delete")


def _model_item(label: str, page: str, way: Way, model: ProviderModel, reason: str) -> MenuItem:
    url = reverse(f"admin:providers_providermodel_{page}", args=[model.public_id])
    target = f"#test-{model.public_id}" if way is Way.TEST else ""
    return MenuItem(label, url, way, reason, target=target, is_dangerous=page == "delete")
