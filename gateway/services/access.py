"""Verbs on access grants: give and take back; both count from the next call on.

Taking back returns once every live gateway knows.
"""

from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.authority import Forbidden, Principal, require
from accounts.models import Epoch
from gateway.models import AccessGrant

GIVE = "accessGrants:CreateAccessGrant"
TAKE_BACK = "accessGrants:DeleteAccessGrant"

__all__ = ["Forbidden", "give", "take_back"]


def give(grant: AccessGrant, *, by: Principal | None) -> AccessGrant:
    """Store a grant. Raises ValidationError, and Forbidden for what is not `by`'s to give."""
    grant.full_clean()
    if by is not None:
        require(by, GIVE, grant)
    with transaction.atomic():
        grant.save(force_insert=True)
        audit.record(by, GIVE, grant, before=None, after=grant.told())
        Epoch.bump()
    return grant


@transaction.atomic
def take_back(grant: AccessGrant, *, by: Actor) -> None:
    audit.record(by, TAKE_BACK, grant, before=grant.told(), after=None)
    grant.delete()
    Epoch.revoke()
