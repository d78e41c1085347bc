"""The rows of facades: what answers under each, who may call it, and what may be done."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from accounts.authority import Principal
from accounts.panels.people import lacking
from foundation.panels import MenuItem, Way
from gateway.agent_routes import DOWN
from gateway.models import AccessGrant, Model, ModelBackend, ModelStatus
from providers.health import Health

_SHARED = "It is shared: only staff change it."


@dataclass(frozen=True, slots=True)
class BackendRow:
    """One backend, and why it does not answer now; empty where it may."""

    backend: ModelBackend
    trouble: str


@dataclass(frozen=True, slots=True)
class ModelRow:
    model: Model
    url: str
    backends: tuple[BackendRow, ...]
    access: str
    menu: tuple[MenuItem, ...]

    @property
    def look(self) -> str:
        if self.model.is_active:
            return "is-bad" if self.trouble else "is-good"
        return ""

    @property
    def trouble(self) -> str:
        """Say why an active one answers nobody; empty where it does."""
        if not self.model.is_active or any(not row.trouble for row in self.backends):
            return ""
        return "No backend of it can answer now."


@dataclass(frozen=True, slots=True)
class GrantRow:
    grant: AccessGrant
    what: str
    name: str
    take_back_url: str
    reason: str


def model_rows(models: Iterable[Model], principal: Principal) -> tuple[ModelRow, ...]:
    """Give each facade a row; they come `with_backends` and `with_grants`."""
    return tuple(_row(model, principal) for model in models)


def grant_rows(grants: Iterable[AccessGrant], principal: Principal) -> tuple[GrantRow, ...]:
    """Give each grant a row; they come `with_names`."""
    return tuple(
        GrantRow(
            grant,
            str(grant.holder._meta.verbose_name),
            str(grant.holder),
            reverse("admin:gateway_accessgrant_delete", args=[grant.public_id]),
            _lacking(principal, "accessGrants:DeleteAccessGrant", grant),
        )
        for grant in grants
    )


def _row(model: Model, principal: Principal) -> ModelRow:
    backends = tuple(BackendRow(row, _trouble(row)) for row in model.backends.all())
    return ModelRow(model, _url(model, "change"), backends, _access(model), _menu(model, principal))


def _trouble(backend: ModelBackend) -> str:
    model, provider = backend.provider_model, backend.provider_model.provider
    if not provider.is_active:
        return f"{provider.name} is disabled."
    if not model.is_enabled:
        return "It is disabled."
    health = Health(provider.health)
    return f"{provider.name} {DOWN[health]}." if health.is_down else ""


def _access(model: Model) -> str:
    """Say in a few words who may call it."""
    grants = list(model.grants.all())
    if not grants:
        return "nobody"
    own = [grant for grant in grants if grant.project_id and grant.project_id == model.project_id]
    others = len(grants) - len(own)
    words = ["the whole project"] if own else []
    if others:
        words.append(f"{others} grant{'s' if others != 1 else ''}")
    return " and ".join(words)


def _menu(model: Model, principal: Principal) -> tuple[MenuItem, ...]:
    lacks = _lacking(principal, "models:UpdateModel", model)
    lacks_backend = "" if model.usable_backends else "Add a usable backend first."
    is_on = model.status == ModelStatus.ACTIVE
    switch = (
        MenuItem("Disable", _url(model, "disable"), Way.DO, lacks)
        if is_on
        else MenuItem("Activate", _url(model, "activate"), Way.DO, lacks or lacks_backend)
    )
    lacks_delete = _lacking(principal, "models:DeleteModel", model)
    return (
        MenuItem("View", _url(model, "change"), Way.OPEN),
        MenuItem("Edit", _url(model, "edit"), Way.ASK, lacks),
        switch,
        MenuItem("Impact", _url(model, "impact"), Way.ASK),
        MenuItem("Delete", _url(model, "delete"), Way.ASK, lacks_delete, is_dangerous=True),
    )


def _lacking(principal: Principal, action: str, row: Model | AccessGrant) -> str:
    reason = lacking(principal, action, row)
    home = row.home if isinstance(row, AccessGrant) else row.project
    return _SHARED if reason and home is None else reason


def _url(model: Model, page: str) -> str:
    return reverse(f"admin:gateway_model_{page}", args=[model.public_id])
