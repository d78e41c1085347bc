"""What the pages of usage ask."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from usage.statements import MOST_BYTES, Statement, StatementInvalid, read_statement


class StatementForm(forms.Form):
    """A provider's export, and which of the providers that were used it is of."""

    provider = forms.ChoiceField(widget=forms.Select(attrs={"class": "ax-input ax-select"}))
    statement = forms.FileField(
        label="Its export of usage",
        help_text="CSV, or the JSON of OpenAI's or Anthropic's usage API, by day and model.",
        widget=forms.ClearableFileInput(
            attrs={"class": "ax-input", "accept": ".csv,.json,text/csv,application/json"}
        ),
    )

    def __init__(self, *args: Any, providers: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["provider"].choices = providers  # type: ignore[attr-defined]  # a ChoiceField

    def clean_statement(self) -> Statement:
        """Read it; the field's error says what can't be read."""
        file: UploadedFile = self.cleaned_data["statement"]
        if (file.size or 0) > MOST_BYTES:
            raise ValidationError(f"The file is larger than {MOST_BYTES >> 20} MB. Export less.")
        try:
            return read_statement(file.read())
        except StatementInvalid as error:
            raise ValidationError(str(error)) from error
