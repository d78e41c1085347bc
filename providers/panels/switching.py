"""What disabling providers and models would do, told before it is done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from accounts.principal import Principal
from providers.models import ProjectRouting, Provider, ProviderModel
from providers.models.refusals import OwnsActiveModel


@dataclass(frozen=True, slots=True)
class Disabling:
    """Those that would be disabled, why others would refuse, and what would be cleared."""

    providers: tuple[Provider, ...]
    refusals: tuple[str, ...]
    cleared: tuple[str, ...]

    @property
    def models(self) -> int:
        return sum(model.is_enabled for each in self.providers for model in each.models.all())


def disabling(providers: Sequence[Provider], *, who: Principal) -> Disabling:
    """Look ahead; `providers` come with their models. Two queries, however many they are."""
    active = [provider for provider in providers if provider.is_active]
    owners = set(
        ProjectRouting.objects.filter(active_model__provider__in=active).values_list(
            "active_model__provider", flat=True
        )
    )
    free = tuple(provider for provider in active if provider.pk not in owners)
    refusals = (
        OwnsActiveModel(provider, "disabled").message
        for provider in active
        if provider.pk in owners
    )
    models = (model for provider in free for model in provider.models.all())
    return Disabling(free, tuple(refusals), tuple(cleared_without(models, who=who)))


def cleared_without(models: Iterable[ProviderModel], *, who: Principal) -> list[str]:
    """Name the fallbacks and task defaults that routing would lose, where the reader sees it."""
    keys = {model.pk for model in models}
    pointing = Q(fallback_model__in=keys) | Q(task_model__in=keys)
    said = []
    for routing in (
        ProjectRouting.objects.visible_to(who)
        .filter(pointing)
        .with_models()
        .select_related("project")
    ):
        for role, model in (
            ("fallback", routing.fallback_model),
            ("task default", routing.task_model),
        ):
            if model and model.pk in keys:
                said.append(f"{model} is the {role} of {routing.project.name}, which is cleared.")
    return said
