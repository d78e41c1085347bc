"""Tests and probes in the ledger: what Axiom's own calls used, of no key and no agent."""

from decimal import Decimal
from http import HTTPStatus
from typing import Final

from providers.kinds.vocabulary import ErrorClass, Usage
from providers.models import ProviderModel
from providers.services.own_calls import OwnCall
from usage import entries
from usage.entries import KindOfUse
from usage.prices import prices_of
from usage.pricing import cost_of
from usage.recording import Use, record

_KINDS: Final = {"test": KindOfUse.TEST, "probe": KindOfUse.PROBE}
_LATE: Final = {ErrorClass.TIMEOUT: HTTPStatus.GATEWAY_TIMEOUT}


def price(model: ProviderModel, usage: Usage) -> Decimal | None:
    return cost_of(usage, prices_of([model])[model.pk])


def write(call: OwnCall) -> Decimal | None:
    """Append one line; what a call used that got no answer is unknown, and so is its cost."""
    outcome = call.outcome
    use = Use(
        model=call.model,
        kind_of_use=_KINDS[call.purpose],
        format=call.format,
        started_at=call.started_at,
        latency_ms=outcome.latency_ms or 0,
        project=call.model.provider.project,
        usage=call.usage,
        source=_source(call),
        status=outcome.http_status or _status(outcome.error_class),
        error_class=str(outcome.error_class or ""),
    )
    return record(use).cost


def _source(call: OwnCall) -> entries.Outcome:
    if call.usage is None:
        return entries.Outcome.PARTIAL
    return entries.Outcome.ESTIMATED if call.is_estimated else entries.Outcome.REPORTED


def _status(error_class: ErrorClass | None) -> HTTPStatus:
    """Say what a client would have been answered, where the provider answered nothing."""
    return _LATE.get(error_class, HTTPStatus.BAD_GATEWAY) if error_class else HTTPStatus.OK
