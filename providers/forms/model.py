"""The form of one model: an id of somebody's own, with prices, limits and capabilities."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict

from providers.models import ProviderModel
from providers.models.catalog import PRICE_FIELDS, CatalogEntry


class ModelForm(forms.ModelForm[ProviderModel]):
    """Adds or edits one model; its id and kind stay once it is stored."""

    version = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    is_enabled = forms.BooleanField(
        label="Enabled",
        required=False,
        help_text="A disabled model keeps everything it has; routing and pickers leave it out.",
    )

    class Meta:
        model = ProviderModel
        fields = (
            "upstream_id",
            "kind",
            "catalog_id",
            *PRICE_FIELDS,
            *CatalogEntry.LIMIT_FIELDS,
            *CatalogEntry.FLAG_FIELDS,
        )

    def __init__(self, data: Any = None, *, instance: ProviderModel) -> None:
        super().__init__(data, instance=instance, label_suffix="")
        if self.instance.pk:
            del self.fields["upstream_id"], self.fields["kind"]
            self.initial["version"] = instance.version()
            self.initial["is_enabled"] = instance.is_enabled
        elif self.instance.provider.kind_row.models_have_own_names:
            self.fields["upstream_id"].help_text = "The name that you gave it there."
        if not self.instance.pk:
            del self.fields["version"], self.fields["is_enabled"]
        self._offer_catalog()
        for name, field in self.fields.items():
            if name in {*CatalogEntry.FLAG_FIELDS, "version", "is_enabled"}:
                continue
            field.widget.attrs["class"] = (
                "ax-input ax-select" if name in {"kind", "catalog_id"} else "ax-input"
            )
        for name in PRICE_FIELDS:
            self.fields[name].help_text = ""
            self.fields[name].widget.attrs |= {"placeholder": "unknown", "step": "any"}
            price = self.initial.get(name)
            if price is not None:
                self.initial[name] = f"{price.normalize():f}"  # 0.5, not 0.50000000

    def _offer_catalog(self) -> None:
        """Let the catalog's models of the kind be named, where it has some."""
        entries = CatalogEntry.objects.of_kind(self.instance.provider.kind)
        choices = [
            (entry.model_id, f"{entry.model_id} · {entry.status_label}") for entry in entries
        ]
        own = self.instance.catalog_id
        if own and own not in dict(choices):
            choices.append((own, f"{own} · not in the catalog any more"))
        if not choices:
            del self.fields["catalog_id"]
            return
        self.fields["catalog_id"] = forms.ChoiceField(
            label="Catalog model",
            choices=[("", "—"), *choices],
            required=False,
            help_text="What you leave empty below is taken from it. "
            "For deployments and fine-tunes with names of their own.",
        )

    @property
    def wants_enabled(self) -> bool | None:
        """Whether it is to be enabled; None where the form that was sent did not ask."""
        return self.cleaned_data["is_enabled"] if self.cleaned_data["version"] else None

    def take_version(self, stored: ProviderModel) -> list[tuple[str, str, str]]:
        """Begin anew from what is stored, and keep what was typed; tells where the two differ.

        Each difference is the field's label, what was typed and what is stored.
        """
        posted = cast("QueryDict", self.data).copy()
        posted["version"] = stored.version()
        self.data = posted
        told = ModelForm(instance=stored)
        names = [name for name in self.fields if name != "version"]
        return [
            (str(self[name].label), mine, theirs)
            for name in names
            if (mine := _plain(self.cleaned_data.get(name)))
            != (theirs := _plain(told.initial.get(name)))
        ]

    @property
    def prices(self) -> list[forms.BoundField]:
        return [self[name] for name in PRICE_FIELDS]

    @property
    def limits(self) -> list[forms.BoundField]:
        return [self[name] for name in CatalogEntry.LIMIT_FIELDS]

    @property
    def flags(self) -> list[forms.BoundField]:
        return [self[name] for name in CatalogEntry.FLAG_FIELDS]


def _plain(value: object) -> str:
    """Write a value as the form shows it: no more zeros than a price needs."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else str(value)
