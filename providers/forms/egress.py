"""What the egress tester asks."""

from django import forms

from accounts.models import Project
from accounts.tenancy.fields import WalledChoiceField


class EgressTestForm(forms.Form):
    """A URL, and for whom it would be called; for staff, who see every project."""

    url = forms.CharField(
        label="URL",
        max_length=2048,
        widget=forms.TextInput(
            attrs={"class": "ax-input ax-mono", "autocomplete": "off", "inputmode": "url"}
            | {"placeholder": "https://gpu.example.com:8000/v1"}
        ),
    )
    project = WalledChoiceField(
        Project.objects.all(),
        required=False,
        empty_label="No project: the instance's rules alone",
        widget=forms.Select(attrs={"class": "ax-input ax-select"}),
    )
