"""How much of limits is used at this moment, for pages and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts import announcing
from usage.limits import shared
from usage.limits.rules import Rule, percent_of, span_of
from usage.models.limit_window import LimitWindow


@dataclass(frozen=True, slots=True)
class Use:
    """What one limit has counted in its window of now.

    `used` is None where it can't be told for the moment; of money it is what was spent, and
    `reserved` what calls under way may cost. Rates count their refusals by the day.
    """

    rule: Rule
    used: Decimal | None
    reserved: Decimal
    ends_at: datetime
    refused: int = 0
    would_refuse: int = 0
    unpriced: int = 0

    @property
    def percent(self) -> Decimal | None:
        return None if self.used is None else percent_of(self.used, self.rule.amount)

    @property
    def is_full(self) -> bool:
        return self.used is not None and self.used + self.reserved >= self.rule.amount


def uses_of(rules: Sequence[Rule], *, now: datetime) -> Mapping[str, Use]:
    """Read limits by their ids: one query, and one trip to the Redis-protocol server for rates."""
    rates = [rule for rule in rules if not rule.measure.is_money]
    levels = shared.levels(announcing.client(), rates) if rates else []
    known = {rule.id: level for rule, level in zip(rates, levels, strict=True)}
    ids = [rule.id for rule in rules]
    open_ones = LimitWindow.objects.filter(limit__in=ids, starts_at__lte=now, ends_at__gt=now)
    windows = {window.limit: window for window in open_ones}
    return {rule.id: _use(rule, windows.get(rule.id), known, now) for rule in rules}


def _use(
    rule: Rule,
    window: LimitWindow | None,
    levels: Mapping[str, Decimal | None],
    now: datetime,
) -> Use:
    spent = window.spent if window else Decimal(0)
    return Use(
        rule,
        used=spent if rule.measure.is_money else levels[rule.id],
        reserved=window.reserved if window else Decimal(0),
        ends_at=span_of(rule.measure, now)[1],
        refused=window.refused if window else 0,
        would_refuse=window.would_refuse if window else 0,
        unpriced=window.unpriced if window else 0,
    )
