"""Read who was granted what, and where an agent's calls lead; runs in the database's threads."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounts.models import Project, User
from gateway.models import AccessGrant, Agent, Model, Routing
from gateway.routes import BY_NAME, By, Route
from gateway.snapshots.tables import Backend, Facade, Target
from providers.models import ProviderModel


def granted_to(project: Project, user: User | None = None) -> QuerySet[AccessGrant]:
    """Keep the grants that reach a project, and with a user those that reach them or a group."""
    reaching = Q(project=project)
    if user is not None:
        reaching |= Q(user=user) | Q(group__in=user.groups.values("pk"))
    return AccessGrant.objects.filter(reaching)


def lent_providers(grants: QuerySet[AccessGrant]) -> frozenset[str]:
    """Give the ids of the shared providers among what was granted."""
    return _ids(grants.filter(provider__isnull=False), "provider__public_id")


def facades_among(grants: QuerySet[AccessGrant]) -> frozenset[str]:
    """Give the ids of the facades among what was granted."""
    return _ids(grants.filter(model__isnull=False), "model__public_id")


def reachable_models(project: Project) -> QuerySet[ProviderModel]:
    """Give the enabled models of a project's providers, and of shared ones that anybody may use.

    Whether the caller is among those is asked of each caller.
    """
    lent = AccessGrant.objects.filter(provider__isnull=False).values("provider")
    reached = Q(provider__project=project) | Q(provider__project=None, provider__in=lent)
    return ProviderModel.objects.usable().filter(reached)


def active_facades(project: Project) -> list[Model]:
    """Read the active facades of a project, its own before the shared ones; two queries."""
    inside = Q(project=project) | Q(project=None, grants__isnull=False)
    found = Model.objects.active().filter(inside).distinct().with_backends()
    return sorted(found, key=lambda model: (model.project_id is None, model.slug))


def models_behind(facades: Iterable[Model]) -> list[ProviderModel]:
    return [backend.provider_model for facade in facades for backend in facade.backends.all()]


def as_facade(model: Model, targets: dict[int, Target]) -> Facade:
    """Freeze a facade; what it lends of a shared provider needs no further grant."""
    return Facade(
        id=model.public_id,
        slug=model.slug,
        backends=tuple(
            Backend(targets[backend.provider_model_id].as_lent(), backend.priority, backend.weight)
            for backend in model.backends.all()
        ),
    )


def route_of(agent: Agent) -> Route:
    """Say where an agent's calls lead; it comes with its pinned model and its facade."""
    match agent.routing:
        case Routing.PINNED if agent.pinned_model:
            return Route(By.PIN, agent.pinned_model.public_id)
        case Routing.FACADE if agent.facade:
            return Route(By.FACADE, agent.facade.public_id)
        case Routing.CLIENT:
            return BY_NAME
    return Route(By.DEFAULT)


def _ids(grants: QuerySet[AccessGrant], field: str) -> frozenset[str]:
    return frozenset(grants.values_list(field, flat=True))
