"""What went through an object in the last week, for whoever is about to remove it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Count, Model, Q, Sum

from accounts.impact import UsageLately
from accounts.models import Project
from accounts.principal import Principal
from providers.models import Provider, ProviderModel, Secret
from usage.lately import hours_since
from usage.models import UsageRecord

DAYS: Final = 7


def lately(target: Model, who: Principal, now: datetime) -> UsageLately | None:
    """Add up the requests of the last week that the reader may know of; None for what has none."""
    about = _about(target)
    return None if about is None else lately_about(about, who, now)


def lately_about(about: Q, who: Principal, now: datetime) -> UsageLately:
    """Add up those sums of the last week that `about` keeps, as far as the reader may know."""
    rows = list(hours_since(who, about, now - timedelta(days=DAYS)))
    requests = sum(row["calls"] for row in rows)
    unpriced = sum(row["blind"] for row in rows)
    spent = sum((row["spent"] for row in rows), Decimal(0)) if unpriced < requests else None
    return UsageLately(DAYS, requests, spent, unpriced=unpriced)


def lately_by_name(about: Q, who: Principal, now: datetime) -> UsageLately:
    """Add up the last week's lines themselves: sums don't keep the name that a client asked for."""
    since = now - timedelta(days=DAYS)
    rows = UsageRecord.objects.visible_to(who).filter(about, started_at__gte=since)
    sums = rows.aggregate(requests=Count("pk"), priced=Count("cost"), spent=Sum("cost"))
    return UsageLately(
        DAYS, sums["requests"], sums["spent"], unpriced=sums["requests"] - sums["priced"]
    )


def _about(target: Model) -> Q | None:
    """Say which sums of the ledger speak of it; they name what was used by public id."""
    match target:
        case Project():
            return Q(project=target)
        case Provider():
            return Q(provider_public_id=target.public_id)
        case ProviderModel():
            return Q(provider_public_id=target.provider.public_id, model=target.upstream_id)
        case Secret():
            return Q(provider_public_id__in=target.providers.values("public_id"))
    return None
