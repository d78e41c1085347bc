"""What a provider lists now beside the models that it has here, and taking some of it over."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Epoch
from providers.kinds.live_lists import names_of
from providers.kinds.vocabulary import ListedModel
from providers.models import CatalogEntry, ModelKind, ProjectRouting, Provider, ProviderModel
from providers.services import connections, model_lists


@dataclass(frozen=True, slots=True)
class Discovery:
    """Models that are new, unchanged, and no longer listed.

    Of a list that was cut nobody can say what it lacks: `gone` is empty then.
    """

    new: tuple[ListedModel, ...]
    unchanged: tuple[ProviderModel, ...]
    gone: tuple[ProviderModel, ...]

    @property
    def listed(self) -> int:
        return len(self.new) + len(self.unchanged)

    @property
    def words(self) -> str:
        return (
            f"{len(self.new)} new, {len(self.unchanged)} unchanged, "
            f"{len(self.gone)} no longer listed"
        )


@dataclass(frozen=True, slots=True)
class Taken:
    added: int
    removed: int

    @property
    def sentence(self) -> str:
        return f"{self.added} added, {self.removed} removed."


def look(provider: Provider, *, now: datetime) -> dict[str, Any]:
    """Ask the provider for its list, as an operation's result keeps it; raises ListingFailed.

    Calls out: not inside a transaction.
    """
    live = connections.live_models_of(provider, now=now)
    found = compare(live, provider.models.all(), is_cut=live.is_cut)
    return {
        "ok": True,
        "listed": [_kept(model) for model in live],
        "isCut": live.is_cut,
        "lacking": live.lacking,
        "new": len(found.new),
        "unchanged": len(found.unchanged),
        "noLongerListed": len(found.gone),
    }


def note_installed(provider: Provider, result: Mapping[str, Any], *, now: datetime) -> None:
    """Let routing follow what an operation saw on a server where models come and go."""
    if provider.kind_row.installs_models:
        listed = names_of(model.id for model in listed_in(result))
        provider.models.all().note_listed(listed, now=now)


def _kept(model: ListedModel) -> dict[str, Any]:
    return {name: value for name, value in asdict(model).items() if value}


def sentence(provider: Provider, result: Mapping[str, Any]) -> str:
    """Tell what `look` found in one line."""
    said = (
        f"{provider.name} lists {len(result['listed'])} models: {result['new']} new, "
        f"{result['unchanged']} unchanged, {result['noLongerListed']} no longer listed."
    )
    lacking = result["lacking"]
    return f"{said} A part of its list could not be had: {lacking}" if lacking else said


def compare(
    listed: Iterable[ListedModel], models: Iterable[ProviderModel], *, is_cut: bool = False
) -> Discovery:
    """Set a live list beside the models that are here, whichever name they have here."""
    here = {model.upstream_id: model for model in models}
    there = {model.id: model for model in listed}
    known = names_of(there)
    return Discovery(
        new=tuple(
            model for name, model in there.items() if here.keys().isdisjoint(names_of([name]))
        ),
        unchanged=tuple(model for name, model in here.items() if name in known),
        gone=() if is_cut else tuple(model for name, model in here.items() if name not in known),
    )


def from_result(result: Mapping[str, Any], models: Iterable[ProviderModel]) -> Discovery:
    """Set what an operation found beside the models that are here by now."""
    return compare(listed_in(result), models, is_cut=bool(result.get("isCut")))


def listed_in(result: Mapping[str, Any]) -> list[ListedModel]:
    """Read the models that an operation found, in the server's order."""
    return [ListedModel(**row) for row in result.get("listed", ())]


def take(
    provider: Provider,
    found: Discovery,
    *,
    add: Collection[str],
    remove: Collection[str],
    by: Actor,
) -> Taken:
    """Add what is new and ticked, remove what is gone and ticked; all of it, or nothing.

    What somebody added or removed meanwhile is passed over. Raises Refused where a rule forbids a
    removal.
    """
    new = [model for model in found.new if model.id in add]
    gone = [model for model in found.gone if model.public_id in remove]
    entries = {entry.model_id: entry for entry in CatalogEntry.objects.of_kind(provider.kind)}
    with transaction.atomic():
        ProjectRouting.objects.lock_for(provider)  # first, as whoever watches its health does
        held = Provider.objects.select_for_update().get(pk=provider.pk)
        there = dict(held.models.values_list("upstream_id", "position"))
        first = max(there.values(), default=-1) + 1
        missing = [model for model in new if model.id not in there]
        for position, listed in enumerate(missing, start=first):
            _add(held, listed, entries.get(listed.id), position, by=by)
        for model in gone:
            model_lists.remove(model, by=by)
        is_first = held.default_model_id is None
        if is_first:
            held.default_model = held.next_default()
            held.save(update_fields=["default_model"])
        Epoch.bump()
    if is_first:
        model_lists.make_first_active(held)
    return Taken(added=len(missing), removed=len(gone))


def _add(
    provider: Provider, listed: ListedModel, entry: CatalogEntry | None, position: int, *, by: Actor
) -> None:
    if entry:
        model = ProviderModel.from_catalog(provider, entry, position=position)
    else:
        model = ProviderModel(
            provider=provider,
            upstream_id=listed.id,
            name=listed.name,
            kind=ModelKind(listed.kind),
            position=position,
        )
    model.full_clean()
    model.save()
    told = model_lists.told(model)
    audit.record(by, "aiProviders:CreateProviderModel", model, before=None, after=told)
