"""What somebody wants a provider to be, checked before anything is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from accounts.models import Project
from foundation.egress import CannotResolve, EgressError, resolve
from providers.kinds.kind import Kind
from providers.models import EgressRule, Provider, Secret
from providers.models.probing import Probing
from providers.models.provider import DEGRADED_THRESHOLD_MS
from providers.services import terms

Errors = dict[str, str]


@dataclass(frozen=True, slots=True)
class ProviderDraft:
    """A whole provider as wanted; an empty credential keeps what `secret` holds.

    One that `unlinks` its secret has no credential until it is given one again.

    Errors are told at `name`, `kind`, `base_url`, `secret`, `models`, `default_model`,
    `agent_types`, `terms`, or at the name of the kind's own field. `accepts_terms` is staff's
    word for the kind's terms.
    """

    name: str
    kind: Kind
    base_url: str = ""
    config: Mapping[str, str] = field(default_factory=dict)
    credential: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: Secret | None = None
    models: tuple[str, ...] = ()
    default_model: str = ""
    agent_types: tuple[str, ...] = ()
    degraded_threshold_ms: int = DEGRADED_THRESHOLD_MS
    probing: Probing = field(default_factory=Probing)
    accepts_terms: bool = False
    unlinks: bool = False

    @property
    def stored_base_url(self) -> str:
        """The base URL as it is kept: empty where the kind fixes it, without a trailing slash."""
        typed = self.base_url.strip().rstrip("/")
        if not self.kind.base_url_is_editable or typed == self.kind.base_url:
            return ""
        return typed

    @property
    def effective_base_url(self) -> str:
        return self.kind.base_url_of(base_url=self.stored_base_url, config=self.config)

    @property
    def host(self) -> str:
        """The origin, or the vendor's domain, that the credential will be sent to."""
        return self.kind.host_of(base_url=self.stored_base_url, config=self.config)

    @property
    def wanted_models(self) -> tuple[str, ...]:
        """Return the models as listed, behind those that the kind's own fields name."""
        named = self.kind.configured_models(self.config)
        return (*(model for model in named if model not in self.models), *self.models)

    @property
    def wanted_default(self) -> str:
        """Return the default model, empty where the first one is."""
        return self.default_model or next(iter(self.kind.configured_models(self.config)), "")

    @property
    def entered_credential(self) -> dict[str, str]:
        return {name: value.strip() for name, value in self.credential.items() if value.strip()}


def check(draft: ProviderDraft, *, project: Project | None) -> None:
    """Refuse a draft with every field's reason at once.

    It looks the host up: call it outside a transaction.
    """
    keeps_credential = not draft.entered_credential and (draft.secret is not None or draft.unlinks)
    errors = _egress_errors(draft, project) | draft.kind.problems(
        base_url=draft.base_url.strip(),
        credential=None if keeps_credential else draft.entered_credential,
        config=draft.config,
    )
    errors |= _rule_errors(draft, project) | _model_errors(draft)
    if errors:
        raise ValidationError(dict(errors))


def _egress_errors(draft: ProviderDraft, project: Project | None) -> Errors:
    """Refuse the addresses that would be called; one that isn't found may come up later."""
    login = draft.kind.login_of(draft.config) if draft.kind.has_login else None
    base_url = draft.effective_base_url if draft.kind.base_url_is_editable else ""
    called = {"base_url": base_url} | (login.called if login else {})
    policy = EgressRule.objects.policy_for(project)
    errors: Errors = {}
    for name, url in called.items():
        try:
            if url:
                resolve(url, policy)
        except CannotResolve:
            continue  # every call is checked again
        except EgressError as error:
            errors[name] = str(error)
    return errors


def _rule_errors(draft: ProviderDraft, project: Project | None) -> Errors:
    """Ask the record's own rules that need nothing stored."""
    wanted = Provider(project=project, kind=draft.kind.slug, agent_types=list(draft.agent_types))
    wanted.terms_accepted_at = terms.accepted_at(draft.kind)
    rules = [wanted.refuse_shared_login, wanted.refuse_unknown_agent_types]
    if not draft.accepts_terms:
        rules.append(wanted.refuse_unaccepted_terms)
    errors: Errors = {}
    for refuse in rules:
        try:
            refuse()
        except ValidationError as error:
            errors |= {name: reasons[0] for name, reasons in error.message_dict.items()}
    return errors


def _model_errors(draft: ProviderDraft) -> Errors:
    models = draft.wanted_models
    if len(set(models)) != len(models):
        return {"models": "Name each model once."}
    if any(not model.strip() or len(model) > 200 for model in models):  # noqa: PLR2004 - the column's size
        return {"models": "A model id has 1 to 200 characters."}
    if draft.default_model and draft.default_model not in models:
        return {"default_model": "The default model must be one of the provider's models."}
    return {}


def draft_of(provider: Provider) -> ProviderDraft:
    """Give the draft that leaves `provider` as it is; faces change in it what was sent."""
    models = tuple(provider.models.in_form_order().values_list("upstream_id", flat=True))
    default = provider.default_model
    return ProviderDraft(
        name=provider.name,
        kind=provider.kind_row,
        base_url=provider.base_url,
        config=provider.config,
        secret=provider.secret,
        models=models,
        default_model=default.upstream_id if default else "",
        agent_types=tuple(provider.agent_types),
        degraded_threshold_ms=provider.degraded_threshold_ms,
        probing=provider.probing,
    )
