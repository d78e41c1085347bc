"""A key to be: what for, what it may do, until when."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone

from accounts.models import ApiKey, Project, Role, User
from accounts.presets import LABELS, Preset, policy_for
from accounts.tenancy.fields import WalledChoiceField

_EXAMPLE = '[{"effect": "Allow", "action": ["aiProviders:*"], "resource": ["*"]}]'
_TEXT = {"class": "ax-input", "autocomplete": "off"}


class ApiKeyForm(forms.Form):
    """Reads what somebody wants a key to be; the model decides whether it can be."""

    name = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs=_TEXT | {"autofocus": True}),
        help_text="What uses it, such as “nightly import”.",
    )
    project = WalledChoiceField(
        Project.objects.none(),
        widget=forms.Select(attrs={"class": "ax-input ax-select"}),
        empty_label=None,
    )
    rights = forms.ChoiceField(
        label="What it may do",
        choices=list(LABELS.items()),
        initial=Preset.EVERYTHING,
        widget=forms.Select(attrs={"class": "ax-input ax-select", "data-reveals": "policy"}),
    )
    policy = forms.CharField(
        required=False,
        label="Policy",
        widget=forms.Textarea(
            attrs={"class": "ax-input ax-mono", "rows": 5, "spellcheck": "false"}
            | {"placeholder": _EXAMPLE}
        ),
        help_text="For “a policy of its own”: a JSON list of statements. "
        "A Deny wins, and nothing is allowed that no statement allows.",
    )
    expires_on = forms.DateField(
        required=False,
        label="Last day",
        widget=forms.DateInput(attrs={"class": "ax-input is-short", "type": "date"}),
        help_text="Empty: it never expires. Else it stops when that day ends, UTC.",
    )

    def __init__(self, data: Any = None, *, projects: Sequence[Project], creator: User) -> None:
        super().__init__(data, label_suffix="", initial={"project": projects[0]})
        self.creator = creator
        field = cast("WalledChoiceField", self.fields["project"])
        field.queryset = Project.objects.filter(pk__in=[project.pk for project in projects])
        if len(projects) == 1:
            field.widget = forms.HiddenInput()

    def clean_expires_on(self) -> datetime | None:
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        end = datetime.combine(day, time.max, tzinfo=UTC)
        if end <= timezone.now():
            raise ValidationError("That day is over. Choose today or a later one.")
        return end

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = self.cleaned_data
        if values.get("rights") == Preset.CUSTOM:
            values["policy"] = self._typed_policy(values.get("policy", ""))
        elif values.get("rights") and values.get("project"):
            creator, project = self.creator, values["project"]
            role = Role.OWNER if creator.is_staff else project.role_of(creator)
            values["policy"] = policy_for(Preset(values["rights"]), role=role)
        return values

    def key(self) -> ApiKey:
        """Give the key that the valid form describes, not stored yet."""
        return ApiKey(
            project=self.cleaned_data["project"],
            name=self.cleaned_data["name"].strip(),
            created_by=self.creator,
            policy=self.cleaned_data["policy"],
            expires_at=self.cleaned_data["expires_on"],
        )

    def take_errors(self, error: ValidationError) -> None:
        """Show what the model found, at the field that it is about."""
        found = error.message_dict if hasattr(error, "error_dict") else {}
        for name, messages in (found or {NON_FIELD_ERRORS: error.messages}).items():
            self.add_error(name if name in self.fields else None, messages)

    def _typed_policy(self, text: str) -> Any:
        if not text.strip():
            self.add_error("policy", "Write a policy, or choose what the key may do above.")
            return None
        try:
            return json.loads(text)
        except ValueError as error:
            self.add_error("policy", f"This is not valid JSON: {error}.")
            return None
