"""What pickers offer: only what the domain would take."""

from django.db.models import Q, QuerySet

from accounts.models import Project, User
from gateway.models import AccessGrant, Model
from gateway.snapshots.access import granted_to
from providers.models import ModelKind, Provider, ProviderModel


def offered_models(
    project: Project | None,
    agent_type: str = "",
    *,
    kept: ProviderModel | None = None,
    kind: str = ModelKind.CHAT,
) -> QuerySet[ProviderModel]:
    """Give a project's enabled models, shared ones where granted, for one type of agents.

    With `kept` the one that was chosen before stays in the list. None is what staff share.
    """
    usable = ProviderModel.objects.usable().filter(kind=kind).filter(_reach(project))
    serving = [
        pk for pk, types in _types(usable) if not types or not agent_type or agent_type in types
    ]
    found = ProviderModel.objects.filter(
        (Q(pk__in=usable.values("pk")) & Q(provider__in=serving)) | Q(pk=kept.pk if kept else None)
    )
    return found.select_related("provider").order_by("provider__name", "position", "pk")


def offered_facades(project: Project | None, *, kept: Model | None = None) -> QuerySet[Model]:
    """Give the active chat facades that are granted to a project, and the one chosen before."""
    granted = AccessGrant.objects.filter(project=project, model__isnull=False)
    fitting = Q(pk__in=granted.values("model"), status="active", kind=ModelKind.CHAT)
    return Model.objects.filter(fitting | Q(pk=kept.pk if kept else None)).by_slug()


def callable_facades(project: Project, user: User) -> QuerySet[Model]:
    """Give the active chat facades that a person may call from a project, as their keys may."""
    granted = granted_to(project, user).filter(model__isnull=False)
    inside = Q(project=project) | Q(project=None)
    chatting = Model.objects.active().filter(kind=ModelKind.CHAT)
    return chatting.filter(inside, pk__in=granted.values("model")).by_slug()


def granted_providers(project: Project) -> QuerySet[Provider]:
    """Give the shared providers that a project was granted."""
    granted = AccessGrant.objects.filter(project=project, provider__isnull=False)
    return Provider.objects.filter(pk__in=granted.values("provider"))


def _reach(project: Project | None) -> Q:
    if project is None:
        return Q(provider__project=None)
    shared = Q(provider__in=granted_providers(project).values("pk"))
    return Q(provider__project=project) | shared


def _types(models: QuerySet[ProviderModel]) -> list[tuple[int, list[str]]]:
    rows = Provider.objects.filter(pk__in=models.values("provider"))
    return list(rows.values_list("pk", "agent_types"))
