"""What a request for the provider form is about, and what its sender may be offered."""

import dataclasses
import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict

from accounts.authority import may
from accounts.models import Project
from accounts.tenancy.current import principal_of
from providers.forms.credentials import Credentials
from providers.forms.kept import kind_on_show
from providers.forms.provider import FIRST_KIND, Offered, Owner, ProviderForm
from providers.kinds.kind import Kind
from providers.kinds.registry import UnknownKind, kind_for, stored_kind
from providers.models import Provider, Secret
from providers.services import terms
from providers.services.drafts import ProviderDraft

ACCEPT_TERMS = "aiProviders:AcceptTerms"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for the form: about which provider, if it exists, and of which kind.

    `project` is the one that the provider is, or will be, of; None where it is shared.
    """

    request: HttpRequest
    provider: Provider | None
    kind: Kind
    project: Project | None
    owners: tuple[Owner, ...] = ()

    @property
    def posted(self) -> QueryDict:
        return self.request.POST

    @property
    def wants_to_save(self) -> bool:
        return not {"_follow", "_fetch"} & self.posted.keys()

    @property
    def has_other_fields(self) -> bool:
        """Whether the form still showed another kind's fields when it was sent."""
        return kind_on_show(self.posted, self.kind) is not self.kind

    @property
    def submission(self) -> str:
        """Name this form, so that sending it twice makes one provider."""
        return self.posted.get("submission") or uuid.uuid4().hex

    @property
    def owner_label(self) -> str:
        """Name whom the provider belongs to, where nobody has to choose."""
        if self.provider:
            return self.project.name if self.project else "Shared with every project"
        return self.owners[0].label if self.owners else ""


def form_of(
    asked: Asked, data: QueryDict | None = None, *, initial: dict[str, Any] | None = None
) -> ProviderForm:
    """Make the form with what its sender may be offered."""
    values: Any = initial if data is None else data
    accepts = terms.accepted_at(asked.kind) is None and asked.kind.terms.are_restricted
    offered = Offered(
        asked.kind,
        credentials=_credentials(asked, values or {}),
        owners=asked.owners,
        may_accept_terms=accepts and may(principal_of(asked.request), ACCEPT_TERMS),
    )
    return ProviderForm(data, offered=offered, initial=initial)


def draft_from(form: ProviderForm, provider: Provider | None) -> ProviderDraft:
    """Read the form; a stored default stays while the first of the list does."""
    draft = form.draft()
    default = provider.default_model if provider else None
    if provider is None or default is None or default.upstream_id not in draft.models:
        return draft
    first = next(iter(provider.models.all())).upstream_id
    keeps = draft.models[0] == first
    return dataclasses.replace(draft, default_model=default.upstream_id if keeps else "")


def kind_asked(request: HttpRequest, provider: Provider | None) -> Kind:
    """Find the kind that the form is for: as chosen, as stored, or the first."""
    fallback = provider.kind if provider else FIRST_KIND
    try:
        return kind_for(request.POST.get("kind") or request.GET.get("kind") or fallback)
    except UnknownKind:
        return stored_kind(fallback)


def _credentials(asked: Asked, values: Any) -> Credentials:
    """Look up the stored credentials that one may link: this kind's, for this host alone."""
    kind, provider = asked.kind, asked.provider
    visible = Secret.objects.visible_to(principal_of(asked.request)).of_exactly(asked.project)
    usable = [row for row in visible.entered_for(kind.slug).with_key() if not row.needs_value]
    host = _host(kind, values)
    fitting = tuple(row for row in usable if row.host == host)
    has_own = provider is not None and provider.kind == kind.slug
    kept = provider.secret if provider and has_own else None
    return Credentials(kind, fitting, elsewhere=len(usable) - len(fitting), kept=kept)


def _host(kind: Kind, values: Any) -> str | None:
    """Find where the form's credential would go; None for an address that is none."""
    config = {field.name: values.get(field.name) or "" for field in kind.fields}
    wanted = ProviderDraft("", kind, base_url=values.get("base_url") or "", config=config)
    try:
        return wanted.host
    except ValueError:
        return None
