"""The form of a limit: what it is on, what it counts, and how much."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, cast

from django import forms

from accounts.models import ApiKey, Project
from accounts.principal import Principal
from accounts.tenancy.fields import WalledChoiceField
from gateway.forms.told import ToldForm
from gateway.models import Agent, Limit
from gateway.models.limit import MEASURES, SMALLEST
from gateway.services.limits import LimitDraft, Scope
from usage.limits.rules import Measure

_TEXT = {"class": "ax-input", "autocomplete": "off"}
_SELECT = {"class": "ax-input ax-select"}
_WHOLE: Final = ""


class LimitChangeForm(ToldForm):
    """Asks what may be changed of a limit; what it is on, and what it counts, stays."""

    name = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs=_TEXT | {"autofocus": True}),
        help_text="Clients that it refuses are told this name.",
    )
    amount = forms.DecimalField(
        max_digits=16,
        decimal_places=4,
        min_value=SMALLEST,
        widget=forms.TextInput(attrs=_TEXT | {"inputmode": "decimal"}),
    )
    is_shadow = forms.BooleanField(
        label="Shadow mode",
        required=False,
        help_text="It refuses nothing, and counts what it would have refused.",
    )
    allows_unpriced = forms.BooleanField(
        label="Let models without a price through",
        required=False,
        help_text="For limits in USD: their calls are counted apart. Otherwise they are refused.",
    )
    is_enabled = forms.BooleanField(label="Enabled", required=False, initial=True)

    def __init__(self, data: Any = None, *, limit: Limit | None = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", initial=_initial(limit), **options)

    def draft(self) -> LimitDraft:
        """Give what was typed; call it when the form is valid."""
        chosen = self.cleaned_data
        return LimitDraft(
            name=chosen["name"],
            amount=chosen["amount"],
            is_enabled=chosen["is_enabled"],
            is_shadow=chosen["is_shadow"],
            allows_unpriced=chosen["allows_unpriced"],
        )

    def _field_of(self, name: str) -> str:
        return "subject" if name in {"agent", "key"} else name


class LimitForm(LimitChangeForm):
    """Asks for a new limit; the subjects to choose from are the project's own."""

    project = WalledChoiceField(
        Project.objects.none(), widget=forms.Select(attrs=_SELECT), empty_label=None
    )
    subject = forms.ChoiceField(label="On", required=False, widget=forms.Select(attrs=_SELECT))
    measure = forms.ChoiceField(
        label="Limits",
        choices=MEASURES,
        initial=Measure.USD_MONTH.value,
        widget=forms.Select(attrs=_SELECT),
        help_text="Days, weeks and months are those of UTC; a minute is the last sixty seconds.",
    )
    field_order = ("name", "project", "subject", "measure", "amount")

    def __init__(
        self, data: Any = None, *, projects: Sequence[Project], principal: Principal, on: str = ""
    ) -> None:
        super().__init__(data)
        self.initial = {**self.initial, "project": projects[0], "subject": on}
        field = cast("WalledChoiceField", self.fields["project"])
        field.queryset = Project.objects.filter(pk__in=[project.pk for project in projects])
        if len(projects) == 1:
            field.widget = forms.HiddenInput()
        chosen = self._project(projects)
        self._agents = Agent.objects.visible_to(principal).filter(project=chosen)
        self._keys = ApiKey.objects.visible_to(principal).filter(project=chosen, revoked_at=None)
        subjects = cast("forms.ChoiceField", self.fields["subject"])
        subjects.choices = self._subjects()

    def scope(self) -> Scope:
        """Give what it is to be on; call it when the form is valid."""
        chosen = self.cleaned_data
        return Scope(
            project=chosen["project"],
            measure=chosen["measure"],
            agent=self._agents.filter(public_id=chosen["subject"]).first(),
            key=self._keys.filter(public_id=chosen["subject"]).first(),
        )

    def _subjects(self) -> list[Any]:
        agents = [(row.public_id, row.name) for row in self._agents.by_name()]
        keys = [(row.public_id, str(row)) for row in self._keys.order_by("name", "pk")]
        groups = [("Agents", agents), ("API keys", keys)]
        return [(_WHOLE, "The whole project"), *(group for group in groups if group[1])]

    def _project(self, projects: Sequence[Project]) -> Project:
        wanted = self.data.get("project") if self.is_bound else None
        return next((row for row in projects if row.public_id == wanted), projects[0])


def _initial(limit: Limit | None) -> dict[str, Any]:
    if limit is None:
        return {}
    return {
        "name": limit.name,
        "amount": _plain(limit.amount),
        "is_shadow": limit.is_shadow,
        "allows_unpriced": limit.allows_unpriced,
        "is_enabled": limit.is_enabled,
    }


def _plain(amount: Decimal) -> str:
    """Write an amount without the zeros that nobody typed."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
