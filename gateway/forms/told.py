"""What every form of the gateway's pages does with a refusal of the model layer."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


class ToldForm(forms.Form):
    """A form that is told what was wrong once its values were to be stored."""

    def take_errors(self, error: ValidationError) -> None:
        """Show what the model found, at the field that it is about."""
        found = error.message_dict if hasattr(error, "error_dict") else {}
        for name, messages in (found or {NON_FIELD_ERRORS: error.messages}).items():
            field = self._field_of(name)
            self.add_error(field if field in self.fields else None, messages)

    def _field_of(self, name: str) -> str:
        """Name the field that asks for what the model calls `name`."""
        return name
