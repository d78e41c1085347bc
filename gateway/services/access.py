"""Verbs on access grants: give and take back; both count from the next call on.

Taking back returns once every live gateway knows.
"""

from django.db import transaction
from django.db.models import Model as Record

from accounts import audit
from accounts.audit import Actor
from accounts.authority import Forbidden, Principal, Weighed, require
from accounts.explanations import Step
from accounts.models import Epoch, Project
from gateway.models import AccessGrant, Model
from gateway.snapshots.access import granted_to
from providers.models import Provider, ProviderModel

GIVE = "accessGrants:CreateAccessGrant"
TAKE_BACK = "accessGrants:DeleteAccessGrant"

__all__ = ["Forbidden", "explained", "give", "is_granted", "take_back"]


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


def is_granted(provider: Provider, project: Project) -> bool:
    """Tell whether a project was granted a shared provider."""
    return AccessGrant.objects.filter(project=project, provider=provider).exists()


def explained(weighed: Weighed, target: Record) -> Step | None:
    """Tell whether a grant lets somebody call it; None where its project's own needs none."""
    lent = target.provider if isinstance(target, ProviderModel) else target
    wanted: dict[str, Provider | Model]
    if isinstance(lent, Provider) and lent.project_id is None:
        wanted = {"provider": lent}
    elif isinstance(lent, Model):
        wanted = {"model": lent}
    else:
        return None
    user, project = weighed.principal.user, weighed.place and weighed.place.project
    if project:
        reaching = granted_to(project, user)
    else:
        reaching = AccessGrant.objects.reaching(user, user.memberships.values("project"))
    grant = reaching.filter(**wanted).first()
    if grant:
        return Step(
            "access grant",
            True,
            f"A grant to the {grant.holder._meta.verbose_name} lets them call it.",
        )
    where = f" from {project}" if project else ""
    reason = f"Nothing grants {lent} to whoever calls it{where}: give an access grant first."
    return Step("access grant", False, reason)
