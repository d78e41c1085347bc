"""What saving a form would replace, when somebody else stored something meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass

from providers.models.agent_types import AgentType
from providers.models.probing import Probing
from providers.services.drafts import ProviderDraft


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that reads otherwise in the form than in what is stored now."""

    label: str
    now: str


def differences(mine: ProviderDraft, stored: ProviderDraft) -> list[Difference]:
    return [*_plain(mine, stored), *_of_kind(mine, stored), *_lists(mine, stored)]


def _plain(mine: ProviderDraft, stored: ProviderDraft) -> Iterator[Difference]:
    if mine.name.strip() != stored.name:
        yield Difference("Name", stored.name)
    if mine.kind is not stored.kind:
        yield Difference("Type", stored.kind.label)
    if mine.stored_base_url != stored.stored_base_url:
        yield Difference("Base URL", stored.effective_base_url)
    if mine.degraded_threshold_ms != stored.degraded_threshold_ms:
        yield Difference("Degraded threshold", f"{stored.degraded_threshold_ms} ms")
    if mine.probing != stored.probing:
        yield Difference("Paid probes", _told(stored.probing))


def _told(probing: Probing) -> str:
    if not probing.has_paid_probes:
        return "none"
    return f"up to {probing.probes_per_day} a day for up to ${probing.probe_budget_usd:f}"


def _of_kind(mine: ProviderDraft, stored: ProviderDraft) -> Iterator[Difference]:
    if mine.kind is not stored.kind:
        return
    for field in stored.kind.fields:
        now = stored.config.get(field.name, "")
        if mine.config.get(field.name, "") != now:
            yield Difference(field.label, now or "empty")
    if mine.secret != stored.secret:
        yield Difference("Credential", stored.secret.name if stored.secret else "none")


def _lists(mine: ProviderDraft, stored: ProviderDraft) -> Iterator[Difference]:
    if mine.wanted_models != stored.models:
        yield Difference("Models", ", ".join(stored.models) or "none")
    if set(mine.agent_types) != set(stored.agent_types):
        labels = dict(AgentType.choices)
        yield Difference(
            "Agent types", ", ".join(labels[kind] for kind in stored.agent_types) or "every type"
        )
