"""What providers add to an impact: their words, what goes along unasked, and their own rules."""

from collections.abc import Iterator

from django.db.models import Model

from accounts.authority import may
from accounts.impact import Dependent, Effect, Group, Registry
from accounts.impact.registry import Words
from accounts.principal import Principal
from providers.models import ProjectRouting, Provider, ProviderModel, Status
from providers.models.refusals import IsActiveModel, IsLastModel, OwnsActiveModel


def register(registry: Registry) -> None:
    registry.leave_out(
        "providers.SecretUse",
        "providers.HealthCheck",
        "providers.Login",
        "providers.LoginAttempt",
        "providers.LoginUse",
        "providers.ProbeDay",
        "providers.RoutingEvent",
        "providers.WebhookDelivery",
    )
    registry.describe("providers.Provider", Words("provider", "providers", note=_status))
    registry.describe(
        "providers.ProviderModel", Words("model", "models", name=_upstream_id, note=_status)
    )
    registry.describe("providers.ProjectRouting", Words("project", "projects", name=_project_name))
    registry.part("accounts.Project", "providers.ProjectRouting")
    registry.force("providers.Secret")
    registry.search(search)
    registry.rule("providers.Provider", _rules_of_provider)
    registry.rule("providers.ProviderModel", _rules_of_model)


def search(target: Model, who: Principal) -> Iterator[Group]:
    """Find the secret that would go with its last provider: no foreign key leads from it."""
    secret = target.secret if isinstance(target, Provider) else None
    if secret is None or secret.providers.exclude(pk=target.pk).exists():
        return
    is_seen = may(who, "secrets:GetSecret", secret)
    named = (Dependent(secret.public_id, secret.name),) if is_seen else ()
    yield Group("secret", "secrets", Effect.REMOVED, 1, named, hidden=1 - len(named))


def _rules_of_provider(provider: Provider) -> Iterator[str]:
    if provider.owns_active_model():
        yield OwnsActiveModel(provider, "deleted").message


def _rules_of_model(model: ProviderModel) -> Iterator[str]:
    if model.is_active_anywhere():
        yield IsActiveModel(model, "removed").message
    elif not model.provider.models.exclude(pk=model.pk).exists():
        yield IsLastModel(model).message


def _status(row: Provider | ProviderModel) -> str:
    return "" if row.status == Status.ACTIVE else "disabled"


def _upstream_id(model: ProviderModel) -> str:
    return model.upstream_id


def _project_name(routing: ProjectRouting) -> str:
    return routing.project.name
