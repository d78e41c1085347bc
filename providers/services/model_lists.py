"""Which models a provider offers, in which order; one list for form, REST and import."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.authority import require
from accounts.models import Epoch, Project
from providers.kinds.listings import kind_by_name
from providers.models import CatalogEntry, ModelKind, ProjectRouting, Provider, ProviderModel


def arrange(
    provider: Provider, upstream_ids: Sequence[str], *, by: Actor, default: str = ""
) -> None:
    """Make the provider's models exactly these, in this order.

    The first is the default unless `default` names another. Models that are no longer listed are
    removed by their own rules: raises Refused, and Forbidden where `by` may not remove them.
    """
    models = provider.models.select_related("provider__project").in_form_order()
    held = {model.upstream_id: model for model in models}
    entries = {entry.model_id: entry for entry in CatalogEntry.objects.of_kind(provider.kind)}
    with transaction.atomic():
        for position, upstream_id in enumerate(upstream_ids):
            model = held.get(upstream_id)
            if model is None:
                _new(provider, upstream_id, entries.get(upstream_id), position).save()
            elif model.position != position:
                model.position = position
                model.save(update_fields=["position"])
        for model in left_out(held.values(), upstream_ids):
            if by is not None:
                require(by, "aiProviders:DeleteProviderModel", model)
            remove(model, by=by)
        _choose_default(provider, default or next(iter(upstream_ids), ""))


def left_out(models: Iterable[ProviderModel], upstream_ids: Sequence[str]) -> list[ProviderModel]:
    """Say which models go where the provider's are to be exactly these."""
    return [model for model in models if model.upstream_id not in upstream_ids]


def add_custom(model: ProviderModel, *, by: Actor) -> ProviderModel:
    """Add one model by hand, at the end of its provider's list.

    What it leaves empty comes from the catalog's model that it names, if it names one.
    """
    provider = model.provider
    with transaction.atomic():
        model.position = provider.models.count()
        model.full_clean()
        _fill(model)
        model.save()
        if provider.default_model_id is None:
            _choose_default(provider, model.upstream_id)
            make_first_active(provider)
        audit.record(by, "aiProviders:CreateProviderModel", model, before=None, after=told(model))
        Epoch.bump()
    return model


@transaction.atomic
def make_first_active(provider: Provider) -> None:
    """Route a project's requests to its first provider, once that can be called."""
    if provider.needs_sign_in:
        return
    default = provider.default_model
    if provider.project is None or default is None or default.kind != ModelKind.CHAT:
        return
    routing = ProjectRouting.of(provider.project)
    if routing.active_model is None and provider.is_active:
        routing.set_active(default)


def change(
    model: ProviderModel, *, by: Actor, seen: str = "", enabled: bool | None = None
) -> ProviderModel:
    """Store the edited values of a model, which are its own from then on.

    `seen` is the version that the edit began from: raises ChangedMeanwhile, and stores nothing,
    where somebody was faster. `enabled` switches it as well, by its own rules.
    """
    stored = ProviderModel.objects.select_related("provider").get(pk=model.pk)
    with transaction.atomic():
        stored.lock_as(seen)
        before = told(stored)
        model.full_clean()
        if model.catalog_id != stored.catalog_id:
            _fill(model)
        model.save()
        audit.record(by, "aiProviders:UpdateProviderModel", model, before=before, after=told(model))
        if enabled is not None and enabled != model.is_enabled:
            set_enabled(model, enabled=enabled, by=by)
        Epoch.bump()
    return model


def remove(model: ProviderModel, *, by: Actor) -> None:
    with transaction.atomic():
        audit.record(by, "aiProviders:DeleteProviderModel", model, before=told(model), after=None)
        model.delete()


def set_enabled(model: ProviderModel, *, enabled: bool, by: Actor) -> None:
    if model.is_enabled == enabled:
        return
    before = told(model)
    with transaction.atomic():
        if enabled:
            model.enable()
        else:
            model.disable()
        audit.record(by, "aiProviders:UpdateProviderModel", model, before=before, after=told(model))


def set_active(model: ProviderModel, project: Project, *, by: Actor) -> None:
    with transaction.atomic():
        routing = ProjectRouting.of(project)
        if routing.active_model_id == model.pk:
            return
        before = routing_told(routing)
        routing.set_active(model)
        audit.record(
            by, "aiProviders:SetActiveModel", model, before=before, after=routing_told(routing)
        )


def set_fallback(model: ProviderModel | None, project: Project, *, by: Actor) -> None:
    with transaction.atomic():
        routing = ProjectRouting.of(project)
        if routing.fallback_model_id == (model.pk if model else None):
            return
        before = routing_told(routing)
        target = model or routing.fallback_model
        routing.set_fallback(model)
        audit.record(
            by,
            "aiProviders:SetFallbackModel",
            target or routing,
            before=before,
            after=routing_told(routing),
        )


def reset_to_catalog(model: ProviderModel, *, by: Actor) -> None:
    """Give the model the catalog's prices, limits and flags back."""
    entry = model.catalog_entry()
    if entry is None:
        raise ValidationError(f"The catalog has no {model.upstream_id}: it keeps its own values.")
    before = told(model)
    with transaction.atomic():
        model.take_catalog_values(entry)
        model.save()
        audit.record(by, "aiProviders:ResetProviderModel", model, before=before, after=told(model))
        Epoch.bump()


def told(model: ProviderModel) -> dict[str, object]:
    """Say what the audit keeps of a model."""
    return {
        "provider": model.provider.public_id,
        "upstreamId": model.upstream_id,
        "name": model.name,
        "kind": model.kind,
        "status": model.status,
        "inputPrice": _price(model.input_price),
        "outputPrice": _price(model.output_price),
        "cacheReadPrice": _price(model.cache_read_price),
        "cacheWritePrice": _price(model.cache_write_price),
        "contextWindow": model.context_window,
        "maxOutput": model.max_output,
        "hasTools": model.has_tools,
        "hasVision": model.has_vision,
        "hasReasoning": model.has_reasoning,
        "hasStreaming": model.has_streaming,
        "hasJson": model.has_json,
        "source": model.source,
        "catalogId": model.catalog_id,
    }


def _price(price: Decimal | None) -> str | None:
    return None if price is None else str(price)


def routing_told(routing: ProjectRouting) -> dict[str, object]:
    chosen = {
        "activeModel": routing.active_model,
        "fallbackModel": routing.fallback_model,
        "taskModel": routing.task_model,
    }
    told: dict[str, object] = {
        role: model.public_id if model else None for role, model in chosen.items()
    }
    return told | {
        "isMonitored": routing.is_monitored,
        "checkIntervalMin": routing.check_interval_min,
        "fallbackTrigger": routing.fallback_trigger,
        "failuresBeforeFallback": routing.failures_before_fallback,
        "recoveryIntervalMin": str(routing.recovery_interval_min),
        "successesBeforeRecovery": routing.successes_before_recovery,
        "notices": list(routing.notices),
    }


def _new(
    provider: Provider, upstream_id: str, entry: CatalogEntry | None, position: int
) -> ProviderModel:
    if entry:
        return ProviderModel.from_catalog(provider, entry, position=position)
    kind = ModelKind(kind_by_name(upstream_id))
    return ProviderModel(provider=provider, upstream_id=upstream_id, kind=kind, position=position)


def _fill(model: ProviderModel) -> None:
    entry = model.catalog_entry() if model.catalog_id else None
    if entry is not None:
        model.fill_from_catalog(entry)


def _choose_default(provider: Provider, upstream_id: str) -> None:
    chosen = (
        provider.models.enabled().filter(upstream_id=upstream_id).first() or provider.next_default()
    )
    provider.default_model = chosen
    provider.save(update_fields=["default_model"])
