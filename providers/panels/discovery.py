"""What a provider listed when it was last asked, beside what is here now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from providers.models import Operation, Provider, ProviderModel
from providers.panels.badges import poll_url
from providers.panels.menus import Surroundings
from providers.services.discovery import Discovery, from_result

SHOWN_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Listed:
    """The answer to the last Refresh from provider, while it is fresh enough to act on."""

    found: Discovery
    asked_at: datetime
    is_cut: bool
    lacking: str = ""

    @property
    def is_news(self) -> bool:
        return bool(self.found.new or self.found.gone)


@dataclass(frozen=True, slots=True)
class GoneModel:
    """A model that is not listed any more; with a `reason` it can't be removed now."""

    model: ProviderModel
    reason: str


@dataclass(frozen=True, slots=True)
class Refreshing:
    """Asking a provider for its models: why it can't be, what runs, and what came of it."""

    is_offered: bool
    cannot: str
    poll_url: str
    listed: Listed | None


def refreshing(provider: Provider, around: Surroundings, *, now: datetime) -> Refreshing:
    """Put together what the page says of it; one query."""
    asked = _asked(provider, now=now)
    running = next((operation for operation in asked if not operation.is_finished), None)
    kind = provider.kind_row
    return Refreshing(
        is_offered=kind.is_available and kind.listing.is_live,
        cannot=around.lacking("aiProviders:ListLiveModels", provider),
        poll_url=poll_url(running) if running else "",
        listed=_listed(provider, asked),
    )


def last_listed(provider: Provider, *, now: datetime) -> Listed | None:
    """Give what the provider listed when it was last asked; None where that is too long ago."""
    return _listed(provider, _asked(provider, now=now))


def gone_models(found: Discovery, around: Surroundings) -> tuple[GoneModel, ...]:
    active = around.active_anywhere
    return tuple(
        GoneModel(
            model,
            "It is the active model: make another one active first."
            if model.pk in active
            else around.lacking("aiProviders:DeleteProviderModel", model),
        )
        for model in found.gone
    )


def _asked(provider: Provider, *, now: datetime) -> list[Operation]:
    operations = Operation.objects.filter(
        verb=Operation.Verb.REFRESH_MODELS,
        target_id=provider.public_id,
        created_at__gte=now - SHOWN_FOR,
    )
    return list(operations.order_by("-created_at", "-pk")[:2])


def _listed(provider: Provider, asked: list[Operation]) -> Listed | None:
    ended = next((operation for operation in asked if operation.is_finished), None)
    if ended is None or not ended.result.get("ok") or ended.finished_at is None:
        return None
    found = from_result(ended.result, provider.models.all())
    lacking = ended.result.get("lacking", "")
    is_cut = bool(ended.result.get("isCut"))
    return Listed(found, ended.finished_at, is_cut=is_cut, lacking=lacking)
