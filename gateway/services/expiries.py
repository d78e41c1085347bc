"""What stops on this floor: what is pinned to models that end, and budgets that run out."""

from collections.abc import Iterator
from typing import Final

from accounts.expiry import Expiry, Window
from accounts.expiry.registry import Registry
from gateway.models import Agent, Cronjob, Limit, Model, Routing
from providers.models import ProviderModel
from providers.services.expiries import of_model
from usage.limits.forecast import exhausted_at
from usage.models.limit_window import LimitWindow

MOST: Final = 500


def register(registry: Registry) -> None:
    registry.register(pinned, backends, cronjobs, budgets)


def pinned(window: Window) -> Iterator[Expiry]:
    rows = window.rows(Agent.objects.select_related("project", "pinned_model__provider"))
    ending = rows.filter(
        routing=Routing.PINNED, pinned_model__deprecated_on__lte=window.until.date()
    )
    for agent in ending.order_by("pk")[:MOST]:
        yield of_model(agent.pinned_model, agent.project, f"The agent {agent.name} is refused.")


def backends(window: Window) -> Iterator[Expiry]:
    last_day = window.until.date()
    rows = window.rows(Model.objects.select_related("project"))
    ending = rows.filter(backends__provider_model__deprecated_on__lte=last_day).distinct()
    for facade in ending.prefetch_related("backends__provider_model__provider").order_by("pk")[
        :MOST
    ]:
        for backend in facade.backends.all():
            model: ProviderModel = backend.provider_model
            if model.deprecated_on and model.deprecated_on <= last_day:
                yield of_model(model, facade.project, f"The model {facade.slug} loses a backend.")


def cronjobs(window: Window) -> Iterator[Expiry]:
    """List cronjobs that run and are pinned; a model that is switched off is still their pin."""
    rows = window.rows(Cronjob.objects.with_pin()).filter(is_paused=False)
    ending = rows.filter(pinned_model__deprecated_on__lte=window.until.date())
    for job in ending.order_by("pk")[:MOST]:
        yield of_model(job.pinned_model, job.project, f"The runs of the cronjob {job.name} fail.")


def budgets(window: Window) -> Iterator[Expiry]:
    """List limits whose money will not last; in shadow mode nothing stops with it."""
    limits = window.rows(Limit.objects.select_related("project")).enabled().of_money()
    named = {limit.public_id: limit for limit in limits.filter(is_shadow=False)[:MOST]}
    running = LimitWindow.objects.of_money().filter(
        limit__in=named, starts_at__lte=window.now, ends_at__gt=window.now
    )
    for spent in running.order_by("pk"):
        moment = exhausted_at(spent, now=window.now)
        if moment is not None and moment <= window.until:
            limit = named[spent.limit]
            yield Expiry(
                key=f"{limit.public_id} {spent.starts_at:%Y-%m-%d}",
                what="Budget",
                name=limit.name,
                ends_at=moment,
                stops="At this pace its money is spent then, and its calls are refused.",
                page="admin:gateway_limit_change",
                project=limit.project,
                about=limit.public_id,
                is_guess=True,
            )
