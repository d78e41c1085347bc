"""What a call may need at most of its limits: tokens, and USD at the dearest candidate's prices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from gateway.estimates import most_output_tokens, prompt_tokens
from gateway.formats.asking import Asked
from gateway.prompt_bounds import most_prompt_tokens
from gateway.refusals import ModelUnpriced
from gateway.snapshots.tables import Target
from providers.kinds.vocabulary import Format
from usage.limits.rules import Claim, Measure, Rule
from usage.pricing import Prices

_PER_TOKEN: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an admitted call has claimed of rates, and in which second."""

    claim: Claim
    second: int
    is_shared: bool  # whether all processes know of it, or this one alone


def payable(targets: tuple[Target, ...], rules: Iterable[Rule]) -> tuple[Target, ...]:
    """Leave out models without a price, where a limit of money says so; raises ModelUnpriced."""
    strict = next((rule for rule in rules if _wants_prices(rule)), None)
    if strict is None or not targets:
        return targets
    left = tuple(target for target in targets if is_priced(target.prices, target.formats))
    if not left:
        raise ModelUnpriced(targets[0].name, strict)
    return left


def claims_of(
    request_id: str,
    rules: Sequence[Rule],
    targets: Iterable[Target],
    asked: Asked,
    *,
    at: datetime,
) -> tuple[Claim, Claim]:
    """Give what a call claims of rates, and what of money.

    Money is claimed for a bound of the prompt that always holds, tokens by the usual estimate: as
    a bound that is several times too large they would stop others for nothing. A call that is free
    whoever answers claims no money, so it goes on when that is used up.
    """
    rates = tuple(rule for rule in rules if not rule.measure.is_money)
    paid = tuple(rule for rule in rules if rule.measure.is_money)
    answers = [(target, most_output_tokens(asked, target.max_output)) for target in targets]
    tokens = 0
    if any(rule.measure is Measure.TOKENS for rule in rates):
        longest = max((output for _, output in answers), default=0)
        tokens = prompt_tokens(asked.fields) + longest
    prompt = most_prompt_tokens(asked.fields) if paid else 0
    costs = [
        most_cost(target.prices, min(prompt, target.context_window or prompt), output)
        for target, output in answers
    ]
    if all(cost == 0 for cost in costs):
        paid = ()
    cost = max((cost for cost in costs if cost is not None), default=Decimal(0))
    return Claim(request_id, rates, at, tokens=tokens), Claim(request_id, paid, at, cost=cost)


def most_cost(prices: Prices, prompt: int, output: int) -> Decimal | None:
    """Give the most that so many tokens may cost, cached or not; None where a price is unknown."""
    rates = prices.rates_for(prompt)
    if rates.input is None or (output and rates.output is None):
        return None
    dearest = max(rates.input, rates.cache_read or 0, rates.cache_write or 0)
    return (prompt * dearest + output * (rates.output or 0)) * _PER_TOKEN


def is_priced(prices: Prices, formats: Iterable[Format]) -> bool:
    """Tell whether a call's cost will be known; what makes embeddings has no output."""
    has_output = any(one is not Format.EMBEDDINGS for one in formats)
    return prices.input is not None and (prices.output is not None or not has_output)


def _wants_prices(rule: Rule) -> bool:
    return rule.measure.is_money and not rule.is_shadow and not rule.allows_unpriced
