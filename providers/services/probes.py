"""Probes as the provider's owner chose them: free, or paid inside the day's budget."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from providers.health import Health, Observation, classify
from providers.kinds.dialects import smallest
from providers.kinds.vocabulary import Outcome, Usage
from providers.models import ModelKind, ProbeDay, Provider, ProviderModel
from providers.models.probing import Paid
from providers.services import completions, connections, own_calls

USED_UP: Final = "today's budget for paid probes is used up"
NO_MODEL: Final = "there is no enabled default model to ask"


@dataclass(frozen=True, slots=True)
class Probe:
    """What a probe saw, and what it came to where it was a paid one.

    `installed` are the models on the server, where they come and go; None where nobody knows.
    """

    seen: Observation
    paid: Paid | None = None
    installed: frozenset[str] | None = None


def look(provider: Provider, *, now: datetime) -> Probe:
    """Probe it within 15 s; where a paid probe does not list models, 15 s more for that.

    Calls out: not inside a transaction.
    """
    if not provider.has_paid_probes:
        return _freely(provider, now)
    model = _model_to_ask(provider)
    if model is None:
        return _freely(provider, now, because=NO_MODEL)
    most = _most(model)
    reserved = ProbeDay.reserve(provider, most, now=now)
    if reserved is None:
        return _freely(provider, now, because=USED_UP)
    asked = completions.complete(model, "probe", now=now)
    reserved.settle(most, asked.cost)
    paid = Paid(model.pk, asked.cost)
    return Probe(_seen(provider, asked.outcome), paid, _installed(provider, now))


def fits(provider: Provider, today: ProbeDay) -> bool:
    """Say whether one more paid probe stays inside what is left of the day's budget."""
    model = _model_to_ask(provider)
    return model is None or today.has_room(_most(model))


def _most(model: ProviderModel) -> Decimal | None:
    """Price the most that a probe of the model can use, in USD; None where nobody knows."""
    is_embedding = model.kind == ModelKind.EMBEDDING
    ceiling = 0 if is_embedding else smallest.answer_ceiling(is_reasoning=model.has_reasoning)
    most = Usage(input_tokens=smallest.MOST_PROMPT_TOKENS, output_tokens=ceiling)
    return own_calls.price(model, most)


def _model_to_ask(provider: Provider) -> ProviderModel | None:
    if provider.default_model_id is None:
        return None
    chosen = ProviderModel.objects.enabled().with_provider()
    return chosen.filter(pk=provider.default_model_id).first()


def _installed(provider: Provider, now: datetime) -> frozenset[str] | None:
    """List what is on a server where models come and go: a paid probe does not tell."""
    is_listed = provider.kind_row.installs_models
    return connections.probe(provider, now=now).installed if is_listed else None


def _freely(provider: Provider, now: datetime, *, because: str = "") -> Probe:
    """Make the free call, and tell where it stands in for a paid one."""
    if because and not provider.kind_row.has_probe:
        told = f"Not probed: {because}, and {provider.kind_row.label} has no free call."
        return Probe(Observation(Health.UNKNOWN, None, "", told))
    outcome = connections.probe(provider, now=now)
    seen = _seen(provider, outcome)
    if because:
        seen = replace(seen, message=f"{seen.message} This was the free probe: {because}.")
    return Probe(seen, installed=outcome.installed)


def _seen(provider: Provider, outcome: Outcome) -> Observation:
    return classify(outcome, degraded_threshold_ms=provider.degraded_threshold_ms)
