"""Read snapshots from the database; these run in the database's threads."""

from collections.abc import Iterable
from itertools import chain

from django.utils import timezone

from accounts.models import Project
from gateway.forward.destinations import Access
from gateway.snapshots import access
from gateway.snapshots.tables import Table, Target
from providers.health import Health
from providers.kinds.kind import Kind
from providers.kinds.vocabulary import Format
from providers.models import EgressRule, ModelKind, ProjectRouting, Provider, ProviderModel
from usage.prices import prices_of
from usage.pricing import Prices


def table_of(project_pk: int) -> Table:
    """Read a project's routes; five queries, however many models and facades."""
    owner = Project.objects.get(pk=project_pk)
    routing = ProjectRouting.objects.filter(project=owner).with_models().first()
    reached = access.reachable_models(owner).select_related("provider__secret")
    usable = list(reached.order_by("provider__name", "position", "pk"))
    facades = access.active_facades(owner)
    targets = _targets(routing, usable, access.models_behind(facades))
    return Table.of(
        (targets[model.pk] for model in usable),
        facades=(access.as_facade(model, targets) for model in facades),
        active=_public_id(routing.active_model if routing else None),
        fallback=_public_id(routing.fallback_model if routing else None),
        task=_public_id(routing.task_model if routing else None),
        is_falling_back=routing.is_falling_back if routing else False,
    )


def access_to(provider_pk: int) -> Access:
    """Open a provider's credential, which is counted, and read where it may be sent.

    Raises TokenExpired where what a login brought has to be renewed first.
    """
    provider = Provider.objects.with_secret().get(pk=provider_pk)
    endpoint = provider.endpoint(purpose="gateway", now=timezone.now())
    good_until = provider.standing_login().good_until if provider.kind_row.has_login else None
    return Access(endpoint, EgressRule.objects.policy_for(provider.project), good_until)


def _targets(routing: ProjectRouting | None, *models: Iterable[ProviderModel]) -> dict[int, Target]:
    """Make one target of each model, wherever it stands."""
    found = {model.pk: model for model in chain(*models[::-1])}
    prices = prices_of(list(found.values()))
    return {pk: target_of(model, prices[pk], routing) for pk, model in found.items()}


def _dead_until(routing: ProjectRouting | None, model: ProviderModel) -> float:
    """Say until when its provider plays dead in this project: a game day ends by itself."""
    if routing is None or routing.drilled_until is None:
        return 0.0
    is_drilled = routing.drilled_provider_id == model.provider_id
    return routing.drilled_until.timestamp() if is_drilled else 0.0


def target_of(model: ProviderModel, prices: Prices, routing: ProjectRouting | None) -> Target:
    """Make a target of a model, which comes with its provider and secret, as a project meets it."""
    provider, kind = model.provider, model.provider.kind_row
    return Target(
        id=model.public_id,
        upstream_id=model.upstream_id,
        provider_pk=provider.pk,
        provider_id=provider.public_id,
        provider_name=provider.name,
        provider_slug=provider.slug,
        kind=kind,
        formats=_formats(kind, model),
        prices=prices,
        created_at=int(model.created_at.timestamp()),
        edition=_edition(provider, model),
        context_window=model.context_window,
        max_output=model.max_output,
        agent_types=frozenset(provider.agent_types),
        is_enabled=model.is_enabled and provider.is_active,
        is_down=Health(provider.health).is_down,
        is_missing=model.is_missing,
        dead_until=_dead_until(routing, model),
        is_shared=provider.project_id is None,
        lacks_terms=kind.terms.are_restricted and provider.terms_accepted_at is None,
    )


def _edition(provider: Provider, model: ProviderModel) -> str:
    """Name what people have last set; whatever is remembered about another edition is void."""
    replaced_at = provider.secret.value_updated_at.timestamp() if provider.secret else 0
    return f"{provider.updated_at.timestamp()}/{replaced_at}/{model.upstream_id}"


def _formats(kind: Kind, model: ProviderModel) -> frozenset[Format]:
    """Tell in which formats a model can be called; a program of the operator's is no server."""
    if not kind.is_available or kind.runs_program:
        return frozenset()
    return kind.formats_for("embedding" if model.kind == ModelKind.EMBEDDING else "chat")


def _public_id(model: ProviderModel | None) -> str | None:
    return model.public_id if model else None
