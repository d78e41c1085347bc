"""One more line of the ledger, for whoever calls a model without the gateway: tests, probes."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from accounts.models import Project, User
from foundation.ids import new_id
from providers.kinds.vocabulary import Usage
from providers.models import ProviderModel
from usage.entries import Entry, KindOfUse, Outcome
from usage.models import UsageRecord
from usage.prices import prices_of
from usage.pricing import cost_of


@dataclass(frozen=True, slots=True)
class Use:
    """One call that has ended. Of `model` its provider must be loaded.

    `usage` is what it used, as far as `source` tells; None is unknown, and so is its cost then.
    `project` is None where the call served no project, as a probe of a shared provider. A
    `request_id` that is given makes a task that runs twice write once.
    """

    model: ProviderModel
    kind_of_use: KindOfUse
    format: str
    started_at: datetime
    latency_ms: int
    project: Project | None = None
    usage: Usage | None = None
    source: Outcome = Outcome.REPORTED
    status: int = 200
    error_class: str = ""
    user: User | None = None
    request_id: str = field(default_factory=lambda: new_id("req"))


def record(use: Use) -> Entry:
    """Write one call into the ledger and its sums, and return its line.

    The cost is frozen at the prices of now, NULL where one is unknown. Written twice with the
    same id it counts once.
    """
    entry = _entry(use)
    UsageRecord.objects.append([entry])
    return entry


def _cost(use: Use) -> Decimal | None:
    if use.usage is None:
        return None
    return cost_of(use.usage, prices_of([use.model])[use.model.pk])


def _entry(use: Use) -> Entry:
    model, provider, project = use.model, use.model.provider, use.project
    usage = use.usage or Usage()
    return Entry(
        request_id=use.request_id,
        project_id=project.pk if project else None,
        project=project.public_id if project else "",
        key="",
        key_name="",
        agent="",
        agent_name="",
        user=use.user.public_id if use.user else "",
        user_name=use.user.email if use.user else "",
        provider=provider.public_id,
        provider_name=provider.name,
        provider_kind=provider.kind,
        model=model.upstream_id,
        kind_of_use=use.kind_of_use.value,
        requested_model=model.upstream_id,
        format=use.format,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost=_cost(use),
        outcome=use.source.value,
        status=use.status,
        error_class=use.error_class,
        latency_ms=use.latency_ms,
        ttft_ms=None,
        attempts=1,
        streamed=False,
        writer="",
        started_at=use.started_at,
    )
