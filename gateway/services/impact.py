"""What the traffic's records add to an impact: their words, and what went through them lately."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Model as Record
from django.db.models import Q, QuerySet

from accounts.impact import Dependent, Effect, Group, Registry, UsageLately
from accounts.impact.registry import Words
from accounts.impact.vocabulary import MOST_NAMED
from accounts.principal import Principal
from gateway.models import (
    AccessGrant,
    Agent,
    Cronjob,
    Limit,
    Model,
    ModelBackend,
    ModelStatus,
    PinPolicy,
)
from providers.models import Provider, ProviderModel, Secret
from usage.impact import lately_about, lately_by_name


def register(registry: Registry) -> None:
    registry.leave_out("gateway.AgentToken", "gateway.ModelBackend", "gateway.CronjobRun")
    registry.describe("gateway.Cronjob", Words("cronjob", "cronjobs", note=_next_run))
    registry.describe("gateway.Agent", Words("agent", "agents", note=_type))
    registry.describe("gateway.Model", Words("model (facade)", "models (facades)", note=_status))
    registry.describe("gateway.Limit", Words("limit", "limits", note=_amount))
    registry.describe("gateway.AccessGrant", Words("access grant", "access grants", name=_holder))
    registry.search(search)
    registry.ledger(lately)


def search(target: Record, who: Principal) -> Iterator[Group]:
    """Find the backends that would go along, and say which facades are left with none."""
    rows = _backends_at(target)
    count = rows.count() if rows is not None else 0
    if rows is None or not count:
        return
    visible = rows.filter(model__in=Model.objects.visible_to(who).values("pk"))
    first = visible.select_related("model").order_by("model__slug", "pk")[:MOST_NAMED]
    named = tuple(
        Dependent(row.model.public_id, row.model.slug, _what_is_left(row, rows)) for row in first
    )
    hidden = count - visible.count()
    yield Group("backend", "backends", Effect.REMOVED, count, named, hidden, "of models")


def lately(target: Record, who: Principal, now: datetime) -> UsageLately | None:
    """Add up what an agent, or those who named a facade, asked for in the last week."""
    match target:
        case Limit():
            return lately_about(_subject(target), who, now)
        case Agent():
            return lately_about(Q(agent_public_id=target.public_id), who, now)
        case Model():
            routed = target.agents.values("public_id")
            named = Q(requested_model=target.slug) | Q(agent_public_id__in=routed)
            inside = Q(project=target.project) if target.project_id else Q()
            return lately_by_name(named & inside, who, now)
    return None


def _subject(limit: Limit) -> Q:
    """Say whose calls a limit counts."""
    if limit.agent:
        return Q(agent_public_id=limit.agent.public_id)
    if limit.key:
        return Q(key_public_id=limit.key.public_id)
    return Q(project=limit.project_id)


def _type(agent: Agent) -> str:
    return agent.type_label


def _amount(limit: Limit) -> str:
    return limit.amount_label


def _next_run(job: Cronjob) -> str:
    """Say when it runs next, and with what if its model goes away."""
    when = f"next run {job.next_run_at:%Y-%m-%d %H:%M} UTC" if job.next_run_at else "paused"
    if not job.has_pin:
        return when
    policy = PinPolicy(job.pin_policy).label
    return f"{when}; then: {policy[:1].lower()}{policy[1:]}"


def _status(model: Model) -> str:
    return "" if model.status == ModelStatus.ACTIVE else model.status


def _backends_at(target: Record) -> QuerySet[ModelBackend] | None:
    match target:
        case Provider():
            return ModelBackend.objects.filter(provider_model__provider=target)
        case Secret():
            return ModelBackend.objects.filter(provider_model__provider__secret=target)
        case ProviderModel():
            return ModelBackend.objects.filter(provider_model=target)
    return None


def _what_is_left(backend: ModelBackend, going: QuerySet[ModelBackend]) -> str:
    left = backend.model.backends.usable().exclude(pk__in=going.values("pk"))
    return "" if left.exists() else "left without a usable backend"


def _holder(grant: AccessGrant) -> str:
    return str(grant)
