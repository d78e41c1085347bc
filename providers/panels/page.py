"""A provider's own page: its cards, its models, and a first request to try."""

import re
from dataclasses import dataclass
from datetime import datetime

from providers.models import CatalogEntry, ModelKind, Operation, Provider
from providers.panels.badges import poll_url
from providers.panels.discovery import Refreshing, refreshing
from providers.panels.menus import MenuItem, Surroundings, Way, impact_item, menu_of_provider
from providers.panels.rows import ModelRow, model_rows

_PLAIN = re.compile(r"[\w.:/@+~-]+")  # the name goes into a command that people paste in a shell


@dataclass(frozen=True, slots=True)
class ProviderPage:
    """What the page says beyond the provider's own fields; each `cannot_` is a reason."""

    models: tuple[ModelRow, ...]
    menu: tuple[MenuItem, ...]
    edit: MenuItem
    toggle: MenuItem
    in_catalog: int
    cannot_import: str
    cannot_add: str
    import_url: str
    refreshing: Refreshing
    impact: MenuItem
    gateway_url: str
    try_models: tuple[str, ...]
    tells_secret: bool


def provider_page(
    provider: Provider, around: Surroundings, *, gateway_url: str, now: datetime
) -> ProviderPage:
    """Put the page together; `provider` comes with its models and its secret."""
    models = list(provider.models.all())
    menu = menu_of_provider(provider, around)
    running = Operation.objects.unfinished().filter(
        verb=Operation.Verb.IMPORT_CATALOG, target_id=provider.public_id
    )
    operation = running.first()
    return ProviderPage(
        models=model_rows(provider, models, around, on_page=True),
        menu=_menu(provider, menu),
        edit=next(item for item in menu if item.label == "Edit"),
        toggle=next(item for item in menu if item.label in {"Disable", "Enable"}),
        in_catalog=CatalogEntry.objects.importable_to(provider.kind_row).count(),
        cannot_import=around.lacking("aiProviders:ImportCatalog", provider),
        cannot_add=around.lacking("aiProviders:CreateProviderModel", provider),
        import_url=poll_url(operation) if operation else "",
        refreshing=refreshing(provider, around, now=now),
        impact=impact_item(provider),
        gateway_url=gateway_url,
        try_models=_names_to_try(provider, around),
        tells_secret=provider.secret is not None
        and around.may("secrets:GetSecret", provider.secret),
    )


def _menu(provider: Provider, menu: tuple[MenuItem, ...]) -> tuple[MenuItem, ...]:
    """Take the row's menu without the way here, and with the impact before the deletion."""
    *others, deletion = (item for item in menu if item.way is not Way.OPEN)
    return (*others, impact_item(provider), deletion)


def _names_to_try(provider: Provider, around: Surroundings) -> tuple[str, ...]:
    """Give the names that a request may use: the provider's first chat model, and the default."""
    if not provider.is_active:
        return ()
    chats = [
        model
        for model in provider.models.all()
        if model.is_enabled and model.kind == ModelKind.CHAT
    ]
    names = [f"{provider.slug}/{chats[0].upstream_id}"] if chats else []
    if around.routing_for(provider).active_model_id:
        names.append("default")
    return tuple(name for name in names if _PLAIN.fullmatch(name))
