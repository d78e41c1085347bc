"""The live list of models for a form that is not saved yet."""

from collections.abc import Mapping
from datetime import datetime

from accounts.models import Project
from providers.kinds.kind import KindUnavailable
from providers.kinds.vocabulary import ListingUnsupported
from providers.models.secret import SecretNeedsValue
from providers.services import connections
from providers.services.drafts import ProviderDraft


class CannotFetch(Exception):
    """There is no live list to be had; the message is for people, with what to do next."""


def fetched(
    draft: ProviderDraft, *, project: Project | None, now: datetime
) -> connections.LiveList:
    """Ask the server that the form describes for its models; raises CannotFetch.

    Calls out, for up to 15 s: not inside a transaction.
    """
    _check(draft)
    endpoint = draft.kind.endpoint(
        base_url=draft.base_url,
        credential=_credential(draft, now=now),
        config=draft.config,
    )
    try:
        return connections.live_models(draft.kind, endpoint, project, now=now, who=draft.name)
    except (ListingUnsupported, KindUnavailable) as error:
        raise CannotFetch(str(error)) from error
    except connections.ListingFailed as error:
        raise CannotFetch(error.outcome.message) from error


def _check(draft: ProviderDraft) -> None:
    """Refuse to call with fields that could not be saved either."""
    kind = draft.kind
    if kind.has_login:
        raise CannotFetch(
            "Sign in first. Then “Refresh from provider” on its page lists its models."
        )
    if kind.base_url_is_editable and not draft.effective_base_url:
        raise CannotFetch("Enter the base URL first: the list comes from there.")
    problems = kind.problems(
        base_url=draft.base_url.strip(),
        credential=draft.entered_credential or None,
        config=draft.config,
    )
    if problems:
        raise CannotFetch(next(iter(problems.values())))


def _credential(draft: ProviderDraft, *, now: datetime) -> Mapping[str, str]:
    """Give what was typed, or the stored credential where it is for this very host."""
    stored = draft.secret
    if draft.entered_credential:
        return draft.entered_credential
    if stored and (stored.kind, stored.host) == (draft.kind.slug, draft.host):
        try:
            return stored.open(purpose="list", now=now)
        except SecretNeedsValue as error:
            raise CannotFetch(str(error)) from error
    if draft.kind.credential.is_required:
        raise CannotFetch("Enter the credential first: the provider lists its models to its users.")
    return {}
