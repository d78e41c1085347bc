"""Verbs on the rules of egress, and what the policy says of an address."""

from dataclasses import dataclass

from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Epoch, Project
from foundation.egress import EgressError, Resolver, resolve, system_resolver
from providers.models import EgressRule


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a URL may be called, which address a call would go to, and why not."""

    is_allowed: bool
    address: str = ""
    reason: str = ""


def verdict_on(
    url: str, project: Project | None, *, resolver: Resolver = system_resolver
) -> Verdict:
    """Judge a URL as a call from `project` would be judged; looks the host up, calls nothing."""
    try:
        destination = resolve(url, EgressRule.objects.policy_for(project), resolver=resolver)
    except EgressError as error:
        return Verdict(is_allowed=False, reason=str(error))
    return Verdict(is_allowed=True, address=f"{destination.address} port {destination.port}")


@transaction.atomic
def store(rule: EgressRule, *, by: Actor) -> EgressRule:
    """Write a new or a changed rule; raises ValidationError for what is no address."""
    before = None if rule._state.adding else EgressRule.objects.get(pk=rule.pk).told()
    rule.full_clean()
    rule.save()
    action = "egress:UpdateEgressRule" if before else "egress:CreateEgressRule"
    audit.record(by, action, rule, before=before, after=rule.told())
    Epoch.revoke()
    return rule


@transaction.atomic
def remove(rule: EgressRule, *, by: Actor) -> None:
    audit.record(by, "egress:DeleteEgressRule", rule, before=rule.told(), after=None)
    rule.delete()
    Epoch.revoke()
