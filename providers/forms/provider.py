"""The form of a provider: its fields follow the kind, and what was typed for another kind waits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import QueryDict

from providers.forms.credentials import NONE, STORED, TYPED, Credentials
from providers.forms.inputs import INPUT, SELECT, kind_input
from providers.forms.kept import LINES, typed_for
from providers.forms.offers import Offer
from providers.forms.probing import ProbingFields, probing_values
from providers.kinds.kind import Kind
from providers.kinds.registry import KINDS, type_choices
from providers.models import Provider, Secret
from providers.models.agent_types import AgentType
from providers.models.probing import PROBING_FIELDS
from providers.models.provider import DEGRADED_THRESHOLD_MS
from providers.services.drafts import ProviderDraft

SHARED = "shared"
FIRST_KIND = "openai"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a new provider may belong to: a project by its public id, or everybody."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What one person may fill in for one kind."""

    kind: Kind
    credentials: Credentials
    owners: tuple[Owner, ...] = ()
    may_accept_terms: bool = False


def _kind_field(choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label="Type", choices=choices, widget=forms.Select(attrs=SELECT))


class ProviderForm(ProbingFields, forms.Form):
    """Reads what somebody wants a provider to be; the service decides whether it can be.

    A credential comes in and is never shown.
    """

    name = forms.CharField(max_length=100, widget=forms.TextInput(attrs=INPUT))
    kind = _kind_field(type_choices)
    degraded_threshold_ms = forms.IntegerField(
        label="Degraded threshold in ms",
        min_value=1,
        max_value=600_000,
        initial=DEGRADED_THRESHOLD_MS,
        widget=forms.NumberInput(attrs={"class": "ax-input is-short"}),
        help_text="Slower answers count as degraded.",
    )
    agent_types = forms.MultipleChoiceField(
        label="Agent types",
        choices=AgentType.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Which clients it may serve. None ticked means every type.",
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        offered: Offered,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        kind = offered.kind
        super().__init__(data, initial=dict(initial or {}) | {"kind": kind.slug}, label_suffix="")
        self.chosen_kind, self.offered = kind, offered
        if kind.slug not in KINDS:  # stored by a newer version: seen until another is chosen
            self.fields["kind"] = _kind_field([(kind.slug, kind.label), *type_choices()])
        self.ticks = f"models.{kind.slug}"
        self._add_address()
        self._add_credential()
        for declared in kind.fields:
            self.fields[declared.name] = kind_input(declared)
        self._add_models()
        self._add_owner_and_terms()

    def _add_address(self) -> None:
        kind = self.chosen_kind
        if not kind.base_url_is_editable:
            return
        self.fields["base_url"] = forms.CharField(
            label="Base URL",
            required=False,
            max_length=500,
            help_text=f"Empty means {kind.base_url}." if kind.base_url else "",
            widget=forms.TextInput(
                attrs=INPUT
                | {
                    "placeholder": kind.base_url or kind.base_url_placeholder,
                    "inputmode": "url",
                    "spellcheck": "false",
                }
            ),
        )

    def _add_credential(self) -> None:
        """Add the ways to a credential; each kind's inputs are its own, also in the browser."""
        credentials = self.offered.credentials
        self.fields["credential_from"] = credentials.source_field()
        if self.initial.get("credential_from") not in dict(credentials.sources):
            self.initial.pop("credential_from", None)
        if credentials.fitting:
            self.fields["secret"] = credentials.secret_field()
        for declared in self.chosen_kind.credential.fields:
            html_id = f"id_{self.chosen_kind.slug}_{declared.name}"
            self.fields[declared.name] = kind_input(declared, html_id=html_id)

    def _add_models(self) -> None:
        self.fields[self.ticks] = forms.Field(required=False, widget=forms.MultipleHiddenInput)
        self.fields[LINES] = forms.CharField(
            label="More models",
            required=False,
            widget=forms.Textarea(attrs=INPUT | {"rows": 2, "spellcheck": "false"}),
            help_text="Any further ids, one on each line.",
        )

    def _add_owner_and_terms(self) -> None:
        owners = self.offered.owners
        if len(owners) > 1:
            self.fields["owner"] = forms.ChoiceField(
                label="Project",
                choices=[(owner.value, owner.label) for owner in owners],
                widget=forms.Select(attrs=SELECT),
            )
        if self.offered.may_accept_terms:
            self.fields["accept_terms"] = forms.BooleanField(
                label=f"I accept the terms of {self.chosen_kind.label} for this installation",
                required=False,
                help_text="Asked once. The acceptance goes on record with your name.",
            )

    def clean(self) -> dict[str, Any]:
        is_missing = self.source == STORED and not self.cleaned_data.get("secret")
        if is_missing and "secret" in self.fields and "secret" not in self.errors:
            self.add_error("secret", "Choose one of the stored credentials.")
        return self.cleaned_data

    def bound(self, name: str) -> forms.BoundField | None:
        """Give a field that only some forms have."""
        return self[name] if name in self.fields else None

    @property
    def address(self) -> forms.BoundField | None:
        return self.bound("base_url")

    @property
    def owner(self) -> forms.BoundField | None:
        return self.bound("owner")

    @property
    def accept_terms(self) -> forms.BoundField | None:
        return self.bound("accept_terms")

    @property
    def credential_from(self) -> forms.BoundField:
        return self["credential_from"]

    @property
    def secret(self) -> forms.BoundField | None:
        return self.bound("secret")

    @property
    def credentials(self) -> list[forms.BoundField]:
        return [self[declared.name] for declared in self.chosen_kind.credential.fields]

    @property
    def settings(self) -> list[forms.BoundField]:
        return [self[declared.name] for declared in self.chosen_kind.fields]

    @property
    def more_models(self) -> forms.BoundField:
        return self[LINES]

    @property
    def model_errors(self) -> list[str]:
        return [str(error) for error in self.errors.get(self.ticks, [])] if self.is_bound else []

    @property
    def source(self) -> str:
        """Where the credential is to come from, as far as that was said."""
        return str(self.cleaned_data.get("credential_from") or TYPED)

    @property
    def ticked(self) -> tuple[str, ...]:
        """The models that stand ticked, in the order of the list."""
        values = self.data.getlist(self.ticks) if isinstance(self.data, QueryDict) else []
        chosen: Iterable[str] = values if self.is_bound else self.initial.get(self.ticks, ())
        return tuple(dict.fromkeys(chosen))

    def draft(self) -> ProviderDraft:
        """Read what was filled in; call it after `is_valid`, whatever that said."""
        kind, filled = self.chosen_kind, self.cleaned_data
        is_typed = self.source == TYPED
        return ProviderDraft(
            name=filled.get("name", ""),
            kind=kind,
            base_url=filled.get("base_url", ""),
            config={declared.name: filled.get(declared.name, "") for declared in kind.fields},
            credential={
                field.name: filled.get(field.name, "")
                for field in kind.credential.fields
                if is_typed
            },
            secret=self._secret(),
            models=tuple(dict.fromkeys((*self.ticked, *self._typed_models()))),
            agent_types=tuple(filled.get("agent_types", ())),
            degraded_threshold_ms=filled.get("degraded_threshold_ms", DEGRADED_THRESHOLD_MS),
            probing=self.probing(),
            accepts_terms=bool(filled.get("accept_terms")),
        )

    def take_errors(self, error: ValidationError) -> None:
        """Put a service's reasons at the fields that they are about."""
        places = self._places()
        is_by_field = hasattr(error, "error_dict")
        told = error.message_dict if is_by_field else {NON_FIELD_ERRORS: error.messages}
        for name, reasons in told.items():
            field = places.get(name, name)
            if field in self.errors:
                continue  # the form has said it already, at the same field
            for reason in reasons:
                self.add_error(field if field in self.fields else None, reason)

    def _places(self) -> dict[str, str]:
        """Say which field shows what the service calls otherwise."""
        declared = [field.name for field in self.chosen_kind.credential.fields]
        key = "secret" if self.source == STORED else next(iter(declared), NON_FIELD_ERRORS)
        terms = "accept_terms" if self.offered.may_accept_terms else "kind"
        places = {"models": self.ticks, "default_model": self.ticks, "secret": key, "terms": terms}
        return places | dict.fromkeys(declared, key) if self.source == STORED else places

    def _secret(self) -> Secret | None:
        credentials = self.offered.credentials
        if self.source == STORED:
            return credentials.secret_of(self.cleaned_data.get("secret", ""))
        return None if self.source == NONE else credentials.kept

    def _typed_models(self) -> list[str]:
        lines = str(self.cleaned_data.get(LINES, "")).splitlines()
        return [line.strip() for line in lines if line.strip()]


def typed(posted: QueryDict, kind: Kind) -> dict[str, Any]:
    """Read what stands in the form right now, as the initial values of its next look."""
    plain = ("name", "owner", "degraded_threshold_ms", "credential_from", "secret", "accept_terms")
    values: dict[str, Any] = {
        name: posted[name] for name in (*plain, *PROBING_FIELDS) if name in posted
    }
    return values | typed_for(posted, kind) | {"agent_types": posted.getlist("agent_types")}


def stored_values(provider: Provider) -> dict[str, Any]:
    """Give what the form shows of a provider: everything but the credential."""
    model_ids = [model.upstream_id for model in provider.models.all()]
    config: dict[str, Any] = provider.config
    return {
        "name": provider.name,
        "base_url": provider.base_url,
        "degraded_threshold_ms": provider.degraded_threshold_ms,
        **probing_values(provider.probing),
        "agent_types": provider.agent_types,
        "secret": provider.secret.public_id if provider.secret else "",
        f"models.{provider.kind}": model_ids,
    } | config


def listed_before(posted: QueryDict, kind: Kind) -> list[Offer]:
    """Give the models that a live list brought earlier, and whatever else stands ticked."""
    named = (*posted.getlist(f"listed.{kind.slug}"), *posted.getlist(f"models.{kind.slug}"))
    return [Offer.of_id(model_id) for model_id in dict.fromkeys(named)]
