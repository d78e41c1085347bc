"""Which models a project's requests go to, chosen together."""

from collections.abc import Mapping
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Project
from providers.models import ProjectRouting, ProviderModel
from providers.services.model_lists import routing_told

Choices = Mapping[str, ProviderModel | None]


def of(project: Project) -> ProjectRouting:
    """Give a project's routing with its models; one that chose nothing yet is not stored."""
    stored = ProjectRouting.objects.with_models().filter(project=project).first()
    return stored or ProjectRouting(project=project)


def choose(
    project: Project,
    choices: Choices,
    *,
    by: Actor,
    settings: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Point `active_model`, `fallback_model` and `task_model`, as far as given, at other models.

    `settings` are the health monitor's, as far as they are to change.

    Raises ValidationError with each field's reason, and changes nothing then.
    """
    with transaction.atomic():
        routing = ProjectRouting.of(project)
        before = routing_told(routing)
        if "active_model" in choices:
            _activate(routing, choices["active_model"])
        if "fallback_model" in choices:
            routing.set_fallback(choices["fallback_model"])
        if "task_model" in choices:
            routing.set_task(choices["task_model"])
        if settings:
            routing.configure(settings)
        audit.record(
            by, "routing:UpdateRouting", routing, before=before, after=routing_told(routing)
        )


def _activate(routing: ProjectRouting, model: ProviderModel | None) -> None:
    if model is None:
        raise ValidationError(
            {"active_model": "Choose another model: there is always an active one."}
        )
    routing.set_active(model)
