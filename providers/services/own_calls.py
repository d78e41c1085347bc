"""What Axiom's own calls to models use: priced and kept by the ledger, a floor above."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from providers.kinds.vocabulary import Outcome, Usage
from providers.models import ProviderModel

Purpose = Literal["test", "probe"]


@dataclass(frozen=True, slots=True)
class OwnCall:
    """One call of a test or a probe, as it went.

    `usage` is None where nobody knows what was used, because no answer came in time.
    """

    model: ProviderModel
    purpose: Purpose
    format: str
    outcome: Outcome
    usage: Usage | None
    is_estimated: bool
    started_at: datetime


class Ledger(Protocol):
    """Knows prices, and keeps what was used."""

    def price(self, model: ProviderModel, usage: Usage) -> Decimal | None:
        """Say what this would cost in USD; None where a price is unknown."""

    def write(self, call: OwnCall) -> Decimal | None:
        """Append the call, and tell what it cost in USD; None where that is unknown."""


_ledgers: list[Ledger] = []


def register(ledger: Ledger) -> None:
    """Let the floor above, which keeps the ledger, be told of every call."""
    _ledgers.append(ledger)


def price(model: ProviderModel, usage: Usage) -> Decimal | None:
    return next((ledger.price(model, usage) for ledger in _ledgers), None)


def write(call: OwnCall) -> Decimal | None:
    costs = [ledger.write(call) for ledger in _ledgers]
    return next(iter(costs), None)
