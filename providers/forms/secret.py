"""Another value for a stored credential: it goes in here, and is never shown again."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms

from providers.forms.inputs import kind_input
from providers.kinds.kind import Kind


class ReplaceForm(forms.Form):
    """The fields of the kind that the credential belongs to."""

    def __init__(self, data: Any = None, *, kind: Kind) -> None:
        super().__init__(data, label_suffix="")
        self.kind = kind
        for declared in kind.credential.fields:
            self.fields[declared.name] = kind_input(declared)

    def clean(self) -> dict[str, Any]:
        """Ask the kind whether the value can be one of its own."""
        if not self.fields:
            raise forms.ValidationError(
                self.kind.unavailable_reason or "There is nothing to enter."
            )
        values: dict[str, str] = {name: value for name, value in self.cleaned_data.items() if value}
        problems = self.kind.problems(base_url="", credential=values, config={})
        for name in self.fields.keys() & problems.keys():
            self.add_error(name, problems[name])
        if not values and not problems.keys() & self.fields.keys():
            raise forms.ValidationError("Enter the new value.")
        return values


class ExpiryForm(forms.Form):
    """The last day of a credential."""

    expires_on = forms.DateField(
        required=False,
        label="Last day",
        widget=forms.DateInput(
            attrs={"class": "ax-input is-short", "type": "date"}, format="%Y-%m-%d"
        ),
        help_text="As the vendor says. Empty: it does not expire.",
    )

    def clean_expires_on(self) -> datetime | None:
        day = self.cleaned_data["expires_on"]
        return datetime.combine(day, time.max, tzinfo=UTC) if day else None
