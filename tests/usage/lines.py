"""Lines of the ledger that tests write, with the sums that come with them."""

from datetime import datetime
from typing import Any

from accounts.models import Project
from foundation.ids import new_id
from providers.models import Provider
from tests.usage.test_usage_ledger import make_entry
from usage.models import UsageRecord


def use(provider: Provider, *, at: datetime, project: Project | None = None, **fields: Any) -> str:
    """Let one call have gone through a provider, and return its request id."""
    payer = project or provider.project
    plain = {
        "project_id": payer.pk if payer else None,
        "project": payer.public_id if payer else "",
        "provider": provider.public_id,
        "provider_name": provider.name,
        "provider_kind": provider.kind,
        "started_at": at,
    }
    entry = make_entry(new_id("req"), **(plain | fields))
    UsageRecord.objects.append([entry])
    return str(entry.request_id)
