"""The form of a facade: its name, and the rows of its backends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from django import forms

from accounts.models import Project
from gateway.forms.agent import ModelsOfProviders
from gateway.forms.offers import offered_models
from gateway.forms.told import ToldForm
from gateway.models import BackendDraft, Model
from gateway.models.facade import LONGEST_SLUG, MOST_WEIGHT
from gateway.services.facades import ModelDraft
from providers.models import ModelKind, ProviderModel

SHARED: Final = "shared"
MOST_ROWS: Final = 20

_TEXT = {"class": "ax-input", "autocomplete": "off"}
_SELECT = {"class": "ax-input ax-select"}
_NUMBER = {"class": "ax-input", "inputmode": "numeric"}


@dataclass(frozen=True, slots=True)
class Owners:
    """Whom a new facade may belong to: these projects, and everybody where staff share it."""

    projects: Sequence[Project]
    may_share: bool = False

    def choices(self) -> list[tuple[str, str]]:
        own = [(project.public_id, project.name) for project in self.projects]
        return [*own, (SHARED, "Shared: whoever is granted it")] if self.may_share else own

    def find(self, value: str) -> Project | None:
        return next((row for row in self.projects if row.public_id == value), None)


class BackendForm(forms.Form):
    """One row: which model answers, how early, and with what share."""

    provider_model = ModelsOfProviders(
        ProviderModel.objects.none(),
        label="Provider's model",
        widget=forms.Select(attrs=_SELECT),
        empty_label="Choose one",
    )
    priority = forms.IntegerField(
        min_value=1, max_value=100, initial=1, widget=forms.NumberInput(attrs=_NUMBER)
    )
    weight = forms.IntegerField(
        min_value=1, max_value=MOST_WEIGHT, initial=1, widget=forms.NumberInput(attrs=_NUMBER)
    )

    def __init__(self, data: Any = None, *, offered: Any, prefix: str, initial: Any) -> None:
        super().__init__(data, prefix=prefix, initial=initial, label_suffix="")
        cast("ModelsOfProviders", self.fields["provider_model"]).queryset = offered


class ModelForm(ToldForm):
    """Reads what somebody wants a facade to be; the model decides whether it can be."""

    slug = forms.CharField(
        max_length=LONGEST_SLUG,
        label="Name",
        widget=forms.TextInput(attrs=_TEXT | {"autofocus": True, "spellcheck": "false"}),
        help_text="What clients write as the model: a to z, 0 to 9 and hyphens.",
    )
    name = forms.CharField(
        max_length=100, required=False, label="Display name", widget=forms.TextInput(attrs=_TEXT)
    )
    owner = forms.ChoiceField(label="Project", widget=forms.Select(attrs=_SELECT))
    kind = forms.ChoiceField(choices=ModelKind.choices, widget=forms.Select(attrs=_SELECT))

    def __init__(self, data: Any = None, *, owners: Owners, model: Model | None = None) -> None:
        super().__init__(data, label_suffix="", initial=_initial(model))
        self.owners, self.model = owners, model
        field = cast("forms.ChoiceField", self.fields["owner"])
        field.choices = owners.choices()
        if model is not None:
            del self.fields["owner"]
        elif len(field.choices) == 1:
            field.widget = forms.HiddenInput()
            field.initial = owners.choices()[0][0]
        self.rows = self._rows(data)

    @property
    def project(self) -> Project | None:
        """Whose it is, or is to be; None shares it."""
        if self.model is not None:
            return self.model.project
        first = self.owners.choices()[0][0]
        return self.owners.find(str(self.data.get("owner", first)) if self.is_bound else first)

    def is_valid(self) -> bool:
        """Look at the rows too, each at its place."""
        rows = [row.is_valid() for row in self.rows]
        return super().is_valid() and all(rows)

    def draft(self) -> ModelDraft:
        """Give what was typed; call it when the form is valid."""
        chosen = self.cleaned_data
        backends = [BackendDraft(**row.cleaned_data) for row in self.rows]
        return ModelDraft(chosen["slug"], chosen["name"], chosen["kind"], backends)

    def follow(self, asked: str) -> None:
        """Add a row, or take one away, as a button of the form asks; what was typed stays."""
        kept = list(range(len(self.rows)))
        if asked.startswith("remove-"):
            kept = [number for number in kept if f"remove-{number}" != asked]
        typed = [self._typed(number) for number in kept]
        if asked == "add" and len(typed) < MOST_ROWS:
            typed.append({"priority": len(typed) + 1, "weight": 1})
        self.rows = [self._row(None, number, typed[number]) for number in range(len(typed))]

    def _rows(self, data: Any) -> list[BackendForm]:
        if data is not None:
            count = min(_number(data.get("rows")), MOST_ROWS)
            return [self._row(data, number, {}) for number in range(count)]
        stored = self.model.backends.in_order() if self.model else ()
        first = [
            {
                "provider_model": row.provider_model,
                "priority": row.priority,
                "weight": row.weight,
            }
            for row in stored
        ]
        return [self._row(None, number, row) for number, row in enumerate(first or [{}])]

    def _row(self, data: Any, number: int, first: dict[str, Any]) -> BackendForm:
        initial = {"priority": 1, "weight": 1} | first
        return BackendForm(data, offered=self._offered(), prefix=f"b{number}", initial=initial)

    def _typed(self, number: int) -> dict[str, Any]:
        row = self.rows[number]
        return {name: self.data.get(row.add_prefix(name), "") for name in row.fields}

    def _offered(self) -> Any:
        first = self.model.kind if self.model else ModelKind.CHAT
        kind = str(self.data.get("kind", first)) if self.is_bound else first
        offered = offered_models(self.project, kind=kind)
        if self.model is None:
            return offered
        kept = self.model.backends.values("provider_model")
        return offered | ProviderModel.objects.filter(pk__in=kept, kind=kind)


def _initial(model: Model | None) -> dict[str, Any]:
    if model is None:
        return {"kind": ModelKind.CHAT}
    return {"slug": model.slug, "name": model.name, "kind": model.kind}


def _number(text: Any) -> int:
    return int(text) if str(text).isdecimal() else 0
