"""A webhook to be, or as it is to be changed."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from accounts.models import Project
from accounts.tenancy.fields import WalledChoiceField
from providers.models.webhook import TOPICS
from providers.services import webhooks
from providers.services.webhooks import WebhookDraft

_TEXT = {"class": "ax-input", "autocomplete": "off"}


class WebhookForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs=_TEXT | {"autofocus": True}),
        help_text="What listens there, such as “on-call”.",
    )
    url = forms.CharField(
        label="URL",
        max_length=2048,
        widget=forms.TextInput(
            attrs=_TEXT | {"inputmode": "url", "placeholder": "https://hooks.example.com/axiom"}
        ),
        help_text="It gets each notice by POST, as JSON, signed.",
    )
    project = WalledChoiceField(
        Project.objects.none(),
        widget=forms.Select(attrs={"class": "ax-input ax-select"}),
        empty_label=None,
    )
    topics = forms.MultipleChoiceField(
        label="Topics",
        choices=[(topic.value, topic.label) for topic in TOPICS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_enabled = forms.BooleanField(label="Send notices there", required=False)

    def __init__(
        self, data: Any = None, *, projects: Sequence[Project], draft: WebhookDraft
    ) -> None:
        initial = {
            "name": draft.name,
            "url": draft.url,
            "topics": draft.topics,
            "is_enabled": draft.is_enabled,
            "project": projects[0],
        }
        super().__init__(data, label_suffix="", initial=initial)
        field = cast("WalledChoiceField", self.fields["project"])
        field.queryset = Project.objects.filter(pk__in=[project.pk for project in projects])
        if len(projects) == 1:
            field.widget = forms.HiddenInput()

    def draft(self) -> WebhookDraft:
        values = self.cleaned_data
        return WebhookDraft(
            values["name"], values["url"], tuple(values["topics"]), values["is_enabled"]
        )

    def clean(self) -> dict[str, Any]:
        """Ask the egress policy of an address that is one; it is looked up, not called."""
        values: dict[str, Any] = self.cleaned_data
        if not self.errors:
            try:
                webhooks.check(self.draft(), project=values["project"])
            except ValidationError as error:
                self.take_errors(error)
        return values

    def take_errors(self, error: ValidationError) -> None:
        """Show what the model found, at the field that it is about."""
        found = error.message_dict if hasattr(error, "error_dict") else {}
        for name, messages in (found or {NON_FIELD_ERRORS: error.messages}).items():
            self.add_error(name if name in self.fields else None, messages)
