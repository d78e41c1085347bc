"""Verbs on providers that touch several records at once: add, change, switch, delete."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Epoch, Project
from providers.models import ProjectRouting, Provider
from providers.models.names import refuse_taken_name
from providers.services import model_lists, terms
from providers.services import secrets as stored
from providers.services.drafts import ProviderDraft, check


def add(
    draft: ProviderDraft,
    *,
    project: Project | None,
    by: Actor,
    now: datetime,
    submission: str = "",
) -> Provider:
    """Store a new provider with its secret and models; the project's first one becomes active.

    The same `submission` sent twice makes one provider, and both sendings are given it.
    Raises ValidationError with each field's reason, and stores nothing then.
    """
    provider = Provider(project=project, submission=_unused(submission))
    try:
        check(draft, project=project)
        _store(provider, draft, by=by, now=now, action="aiProviders:CreateAiProvider")
    except ValidationError:
        earlier = _submitted(draft, project, submission)
        if earlier is None:
            raise
        return earlier
    return provider


def change(
    provider: Provider, draft: ProviderDraft, *, by: Actor, now: datetime, seen: str = ""
) -> Provider:
    """Make the provider what the draft says; tests fall back where what is called changes.

    `seen` is the version that the draft began from: raises ChangedMeanwhile or DeletedMeanwhile,
    and stores nothing, where somebody was faster. Raises Refused and Forbidden for models that it
    leaves out and that can't go, or are not `by`'s to remove.
    """
    check(draft, project=provider.project)
    action = "aiProviders:UpdateAiProvider"
    with transaction.atomic():
        _hold_routings(provider)
        provider.lock_as(seen)
        _store(provider, draft, by=by, now=now, action=action)
    return provider


def store(provider: Provider, draft: ProviderDraft, *, by: Actor, now: datetime) -> Provider:
    """Store a draft that was checked already: a new provider, or over the one that there is.

    `check` looks hosts up; this does not, and may be part of a transaction.
    """
    action = "aiProviders:UpdateAiProvider" if provider.pk else "aiProviders:CreateAiProvider"
    _store(provider, draft, by=by, now=now, action=action)
    return provider


def set_enabled(provider: Provider, *, enabled: bool, by: Actor) -> None:
    if provider.is_active == enabled:
        return
    before = told(provider)
    action = "aiProviders:EnableAiProvider" if enabled else "aiProviders:DisableAiProvider"
    with transaction.atomic():
        if enabled:
            provider.enable()
        else:
            provider.disable()
        audit.record(by, action, provider, before=before, after=told(provider))


def remove(provider: Provider, *, by: Actor) -> None:
    """Delete it with its models, and its secret where nothing else uses that."""
    with transaction.atomic():
        _hold_routings(provider)
        audit.record(
            by, "aiProviders:DeleteAiProvider", provider, before=told(provider), after=None
        )
        provider.delete()


def told(provider: Provider) -> dict[str, object]:
    """Say what the audit keeps of a provider."""
    return {
        "name": provider.name,
        "kind": provider.kind,
        "status": provider.status,
        "baseUrl": provider.effective_base_url,
        "config": provider.config,
        "hasPaidProbes": provider.has_paid_probes,
        "probeBudgetUsd": str(provider.probe_budget_usd),
        "probesPerDay": provider.probes_per_day,
        "degradedThresholdMs": provider.degraded_threshold_ms,
        "agentTypes": sorted(provider.agent_types),
        "defaultModel": provider.default_model.upstream_id if provider.default_model else None,
        "secretId": provider.secret.public_id if provider.secret else None,
        "models": list(provider.models.in_form_order().values_list("upstream_id", flat=True)),
    }


def _hold_routings(provider: Provider) -> None:
    """Hold them before anything else, as whoever watches its health does.

    Two that held the same rows in another order would wait for each other, and one would fail.
    """
    ProjectRouting.objects.lock_for(provider)


def _store(
    provider: Provider, draft: ProviderDraft, *, by: Actor, now: datetime, action: str
) -> None:
    before = told(provider) if provider.pk else None
    called_before = provider.called_as() if provider.pk else None
    try:
        with transaction.atomic():
            _hold_routings(provider)
            _take(provider, draft)
            terms.apply(provider, accepts=draft.accepts_terms, by=by, now=now)
            if draft.entered_credential:
                provider.secret = stored.for_provider(
                    provider, draft.entered_credential, host=draft.host, by=by, now=now
                )
            provider.full_clean(exclude=["default_model"])
            provider.save()
            model_lists.arrange(provider, draft.wanted_models, by=by, default=draft.wanted_default)
            if called_before is not None and provider.called_as() != called_before:
                provider.forget_tests()
            model_lists.make_first_active(provider)
            audit.record(by, action, provider, before=before, after=told(provider))
            Epoch.bump()
    except IntegrityError as error:
        refuse_taken_name(provider, provider.name)  # somebody else was faster
        raise ValidationError("Somebody changed the same thing just now. Try again.") from error


def _unused(submission: str) -> str | None:
    """Give a form's mark where it is new: a form that is sent again under another name is new."""
    if not submission or Provider.objects.filter(submission=submission).exists():
        return None
    return submission


def _submitted(draft: ProviderDraft, project: Project | None, submission: str) -> Provider | None:
    same = Provider.objects.submitted_as(submission, name=draft.name)
    return same.filter(project=project, kind=draft.kind.slug).first() if submission else None


def _take(provider: Provider, draft: ProviderDraft) -> None:
    provider.name, provider.kind = draft.name.strip(), draft.kind.slug
    provider.base_url = draft.stored_base_url
    provider.config = provider.kept_config(draft.config)
    provider.agent_types = list(draft.agent_types)
    provider.degraded_threshold_ms = draft.degraded_threshold_ms
    provider.take_probing(draft.probing)
    if not draft.entered_credential:
        provider.secret = draft.secret
