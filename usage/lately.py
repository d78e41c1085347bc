"""What some rows of sums come to since a moment; never a row of a call.

The hour that the moment is in counts whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, Sum
from django.db.models.functions import TruncHour

from accounts.principal import Principal
from usage.models.buckets import Bucket, FreshBucket, HourBucket


@dataclass(slots=True)
class Lately:
    """Sums of some calls; `cost` is of those whose price was known."""

    requests: int = 0
    failed: int = 0
    unpriced: int = 0
    cost: Decimal = Decimal(0)

    @property
    def known_cost(self) -> Decimal | None:
        """None where nothing had a price, or nothing was called: that is not zero."""
        return None if self.requests == self.unpriced else self.cost


def hours_since(who: Principal, about: Q, since: datetime) -> Iterable[Mapping[str, Any]]:
    """Add up by hour what the reader may see; one query."""
    return _united(who, about, since, by="hour")


def sums_since(who: Principal, about: Q, since: datetime, *, by: str) -> Mapping[str, Lately]:
    """Add up by one column what the reader may see; one query."""
    found: dict[str, Lately] = defaultdict(Lately)
    for row in _united(who, about, since, by=by):
        sums = found[row[by]]
        sums.requests += row["calls"]
        sums.failed += row["failures"]
        sums.unpriced += row["blind"]
        sums.cost += row["spent"]
    return found


def all_since(who: Principal, about: Q, since: datetime) -> Lately:
    """Add up all that the reader may see; one query."""
    whole = Lately()
    for sums in sums_since(who, about, since, by="kind_of_use").values():
        whole.requests += sums.requests
        whole.failed += sums.failed
        whole.unpriced += sums.unpriced
        whole.cost += sums.cost
    return whole


def _united(who: Principal, about: Q, since: datetime, *, by: str) -> Iterable[Mapping[str, Any]]:
    first = since.replace(minute=0, second=0, microsecond=0)
    hours, fresh = (
        _rows(model, who, about, first)
        .annotate(hour=hour)
        .order_by()
        .values(by)
        .annotate(
            calls=Sum("requests"), failures=Sum("failed"), blind=Sum("unpriced"), spent=Sum("cost")
        )
        for model, hour in ((HourBucket, F("starts_at")), (FreshBucket, TruncHour("starts_at")))
    )
    found: Iterable[Mapping[str, Any]] = hours.union(fresh, all=True)
    return found


def _rows(model: type[Bucket], who: Principal, about: Q, first: datetime) -> Any:
    visible = model.objects.visible_to(who)
    return visible.filter(about, starts_at__gte=first)
