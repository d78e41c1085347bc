"""Verbs on the terms of restricted kinds: whether staff took them, and taking them."""

from datetime import datetime

from accounts import audit
from accounts.audit import Actor
from providers.kinds.kind import Kind
from providers.models import Provider, TermsAcceptance


def accepted_at(kind: Kind) -> datetime | None:
    """Tell when staff accepted a kind's terms; None where they did not, or need not."""
    acceptance = TermsAcceptance.of(kind) if kind.terms.are_restricted else None
    return acceptance.accepted_at if acceptance else None


def accept(kind: Kind, *, by: Actor, now: datetime) -> TermsAcceptance:
    """Accept a kind's terms for the whole installation, once and on record."""
    known = TermsAcceptance.of(kind)
    if known:
        return known
    acceptance = TermsAcceptance.take(kind, by=audit.person_of(by), now=now)
    after = {
        "kind": kind.slug,
        "terms": str(kind.terms.status),
        "reviewedOn": kind.terms.reviewed_on.isoformat(),
    }
    audit.record(by, "aiProviders:AcceptTerms", acceptance, before=None, after=after)
    return acceptance


def apply(provider: Provider, *, accepts: bool, by: Actor, now: datetime) -> None:
    """Note on `provider` the acceptance that it stands on; `accepts` makes it here and now."""
    kind = provider.kind_row
    provider.terms_accepted_at = provider.terms_accepted_by = None
    if not kind.terms.are_restricted:
        return
    acceptance = accept(kind, by=by, now=now) if accepts else TermsAcceptance.of(kind)
    if acceptance:
        provider.terms_accepted_at = acceptance.accepted_at
        provider.terms_accepted_by = acceptance.accepted_by
