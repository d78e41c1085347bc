"""Requests and cost of one provider over time, for the charts on its page."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from django.db.models import Q

from accounts.principal import Principal
from providers.models import Provider
from providers.panels.charts import Used
from providers.panels.periods import Period
from usage.lately import hours_since


def of_provider(provider: Provider, who: Principal, period: Period) -> Mapping[int, Used]:
    """Add up the sums that the reader may see, step by step; one query."""
    steps: dict[int, Used] = defaultdict(Used)
    about = Q(provider_public_id=provider.public_id)
    for row in hours_since(who, about, period.start):
        number = period.step_of(row["hour"])
        if number is None:
            continue
        known = steps[number]
        spent = row["spent"] if row["blind"] < row["calls"] else None
        steps[number] = replace(
            known,
            requests=known.requests + row["calls"],
            failed=known.failed + row["failures"],
            cost=_sum(known.cost, spent),
        )
    return steps


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Add what is known: nothing priced at all stays unknown."""
    if one is None or other is None:
        return other if one is None else one
    return one + other
