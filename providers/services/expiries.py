"""What providers know to expire: secrets, logins, and models that their vendor switches off."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Final

from django.db.models import Q

from accounts.expiry import Expiry, Window
from accounts.expiry.registry import Registry
from accounts.models import Project
from providers.models import ProjectRouting, Provider, ProviderModel, Secret

MOST: Final = 500
_NAMED: Final = 5
_ROLES: Final = {
    "active_model": "Requests for “default” go to the fallback, or fail.",
    "fallback_model": "There is no fallback any more.",
    "task_model": "Requests for “task” fail.",
}


def register(registry: Registry) -> None:
    registry.register(secrets, logins, models)


def secrets(window: Window) -> Iterator[Expiry]:
    """List secrets that their vendor stops taking; what is past stays until it is mended."""
    rows = window.rows(Secret.objects.select_related("project").prefetch_related("providers"))
    for secret in rows.filter(expires_at__lte=window.until).order_by("expires_at", "pk")[:MOST]:
        yield Expiry(
            key=secret.public_id,
            what="Secret",
            name=secret.name,
            ends_at=secret.expires_at,
            stops=_without([provider.name for provider in secret.providers.all()]),
            page="admin:providers_secret_change",
            project=secret.project,
            about=secret.public_id,
        )


def logins(window: Window) -> Iterator[Expiry]:
    """List logins that were refused, and those that end because nothing renews them."""
    over = Q(login__refused_at__isnull=False)
    ends = Q(login__can_renew=False, login__expires_at__lte=window.until)
    rows = window.rows(Provider.objects.select_related("project", "login")).active()
    for provider in rows.filter(over | ends).order_by("pk")[:MOST]:
        yield Expiry(
            key=f"login {provider.public_id}",
            what="Login",
            name=provider.name,
            ends_at=provider.login.refused_at or provider.login.expires_at,
            stops=f"{provider.name} can't be called until somebody signs in again.",
            page="admin:providers_provider_detail",
            project=provider.project,
            about=provider.public_id,
        )


def models(window: Window) -> Iterator[Expiry]:
    """List models that a project's routing uses and their vendor switches off."""
    last_day = window.until.date()
    wanted = Q()
    for role in _ROLES:
        wanted |= Q(**{f"{role}__deprecated_on__lte": last_day})
    rows = window.rows(ProjectRouting.objects.with_models().select_related("project"))
    for routing in rows.filter(wanted).order_by("pk")[:MOST]:
        for role, stops in _ROLES.items():
            model = getattr(routing, role)
            if model and model.deprecated_on and model.deprecated_on <= last_day:
                yield of_model(model, routing.project, stops)


def of_model(model: ProviderModel, project: Project | None, stops: str) -> Expiry:
    """Say when a model's vendor switches it off; it comes with its provider, and with a date."""
    day: date = model.deprecated_on  # type: ignore[assignment]  # with a date, as said
    return Expiry(
        key=f"model {model.public_id}",
        what="Model",
        name=str(model),
        ends_at=datetime.combine(day, time(), UTC),
        stops=stops,
        page="admin:providers_provider_detail",
        project=project,
        about=model.provider.public_id,
    )


def _without(names: list[str]) -> str:
    if not names:
        return "Nothing uses it now, so nothing stops with it."
    shown = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"The vendor refuses it, and {shown}{more} can't be called."
