"""The inputs of fields that a kind declares; what is secret is never written out."""

from typing import Any

from django import forms

from providers.kinds.declaration import Field

INPUT = {"class": "ax-input", "autocomplete": "off"}
SELECT = {"class": "ax-input ax-select"}


def kind_input(declared: Field, *, html_id: str = "") -> forms.Field:
    """Make the input of a field that a kind declares; `html_id` where its name alone won't do."""
    attrs: dict[str, Any] = {
        "class": "ax-input",
        "placeholder": declared.placeholder or declared.default,
    }
    if html_id:
        attrs["id"] = html_id
    if declared.choices:
        return forms.ChoiceField(
            label=declared.label,
            choices=declared.choices,
            initial=declared.default,
            required=False,
            help_text=declared.help,
            widget=forms.Select(attrs=attrs | SELECT),
        )
    widget = _widget(declared, attrs)
    return forms.CharField(
        label=declared.label, required=False, help_text=declared.help, widget=widget
    )


def _widget(declared: Field, attrs: dict[str, Any]) -> forms.Widget:
    if declared.secret:
        # The browser keeps what stands in it while the form changes around it.
        attrs |= {"autocomplete": "off", "spellcheck": "false", "hx-preserve": "true"}
        if not declared.is_multiline:
            return forms.PasswordInput(attrs=attrs | {"autocomplete": "new-password"})
        return SecretTextarea(attrs=attrs | {"rows": 3})
    if declared.is_multiline:
        return forms.Textarea(attrs=attrs | {"rows": 3})
    return forms.TextInput(attrs=attrs)


class SecretTextarea(forms.Textarea):
    """Several lines that come in and are never written out again."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002 - that is the point
        return super().get_context(name, None, attrs)
