"""What is on an Ollama server, as it was last listed, and what is being pulled there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from providers.kinds.live_lists import names_of
from providers.kinds.vocabulary import ListedModel
from providers.models import Operation, Provider, ProviderModel
from providers.models.operation import OperationQuerySet
from providers.panels.menus import Surroundings
from providers.services.discovery import listed_in

Verb = Operation.Verb

SHOWN_FOR = timedelta(days=30)
FAILURES_SHOWN_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class InstalledRow:
    """One model on the server, and what it is here."""

    model: ListedModel
    here: ProviderModel | None
    is_being_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull that is under way, or has just failed."""

    operation: Operation

    @property
    def stage(self) -> str:
        return str(self.operation.result.get("stage") or "Waiting for a worker…")

    @property
    def percent(self) -> int:
        return int(self.operation.result.get("percent", 0))

    @property
    def completed(self) -> int:
        return int(self.operation.result.get("completed", 0))

    @property
    def total(self) -> int:
        return int(self.operation.result.get("total", 0))


@dataclass(frozen=True, slots=True)
class OnServer:
    """The panel; `trouble` is why the last list could not be had."""

    rows: tuple[InstalledRow, ...]
    pulls: tuple[Pull, ...]
    failed: tuple[Operation, ...]
    listed_at: datetime | None
    trouble: str
    is_asking: bool
    cannot_pull: str
    cannot_delete: str
    cannot_add: str

    @property
    def is_busy(self) -> bool:
        return self.is_asking or bool(self.pulls) or any(row.is_being_deleted for row in self.rows)


def on_server(provider: Provider, around: Surroundings, *, now: datetime) -> OnServer:
    """Put the panel together from operations; no call goes out."""
    done = Operation.objects.filter(
        target_id=provider.public_id,
        verb__in=(Verb.REFRESH_MODELS, Verb.PULL_MODEL, Verb.DELETE_PULLED),
        created_at__gte=now - SHOWN_FOR,
    )
    recent = list(done.order_by("-created_at", "-pk")[:50])
    asked = [each for each in recent if each.verb == Verb.REFRESH_MODELS]
    ended = [each for each in asked if each.is_finished]
    last_good = next((each for each in ended if each.result.get("ok")), None)
    is_away = bool(ended) and not ended[0].result.get("ok")
    deleting = {
        each.target_name
        for each in recent
        if each.verb == Verb.DELETE_PULLED and not each.is_finished
    }
    return OnServer(
        rows=_rows(provider, last_good, deleting),
        pulls=tuple(
            Pull(each) for each in recent if each.verb == Verb.PULL_MODEL and not each.is_finished
        ),
        failed=tuple(_failed(recent, now=now)),
        listed_at=last_good.finished_at if last_good else None,
        trouble=ended[0].message if is_away else "",
        is_asking=any(not each.is_finished for each in asked),
        cannot_pull=around.lacking("aiProviders:PullModel", provider),
        cannot_delete=around.lacking("aiProviders:DeleteInstalledModel", provider),
        cannot_add=around.lacking("aiProviders:CreateProviderModel", provider),
    )


def pulls_of(provider: Provider, operations: OperationQuerySet) -> OperationQuerySet:
    return operations.filter(target_id=provider.public_id, verb=Verb.PULL_MODEL)


def _rows(
    provider: Provider, listed: Operation | None, deleting: set[str]
) -> tuple[InstalledRow, ...]:
    here = {model.upstream_id: model for model in provider.models.all()}
    return tuple(
        InstalledRow(model, _known(model.id, here), is_being_deleted=model.id in deleting)
        for model in (listed_in(listed.result) if listed else ())
    )


def _known(listed: str, here: Mapping[str, ProviderModel]) -> ProviderModel | None:
    """Find what is listed among the models here, whichever of its names it has here."""
    names = (listed, *names_of([listed]))
    return next((here[name] for name in names if name in here), None)


def _failed(recent: Iterable[Operation], *, now: datetime) -> Iterable[Operation]:
    """Keep what went wrong lately and was not tried again since."""
    seen: set[tuple[str, str]] = set()
    for each in recent:
        key = (each.verb, each.target_name)
        is_newest = key not in seen
        seen.add(key)
        is_late = each.finished_at is not None and each.finished_at > now - FAILURES_SHOWN_FOR
        has_failed = each.is_finished and each.result.get("ok") is False
        if is_newest and is_late and has_failed and each.verb != Verb.REFRESH_MODELS:
            yield each
