"""The forms of the Routing page: which models answer, how they are watched, and a game day."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import QueryDict

from providers.forms.inputs import SELECT
from providers.health import Trigger
from providers.models import ProjectRouting, Provider, ProviderModel
from providers.models.monitoring import (
    CHOICE_OF_NOTICES,
    LONGEST_MIN,
    MOST_IN_A_ROW,
    SETTINGS,
    SHORTEST_RECOVERY_MIN,
)
from providers.services import game_days

ROLES = ("active_model", "fallback_model", "task_model")
_SHORT = forms.NumberInput(attrs={"class": "ax-input is-short"})


def _number(label: str, most: int, told: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=1, max_value=most, widget=_SHORT, help_text=told
    )


def _model(label: str, told: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, widget=forms.Select(attrs=SELECT), help_text=told
    )


class RoutingForm(forms.Form):
    """Reads what somebody wants a project's routing to be; the service decides whether it can."""

    active_model = _model("Active model", "Requests for “default” go here.")
    fallback_model = _model("Fallback", "It answers while the active model can't.")
    task_model = _model("Task default", "Requests for “task” and cronjobs; else as default.")
    is_monitored = forms.BooleanField(
        label="Watch health, and switch over and back",
        required=False,
        help_text="Off: no probes, and requests go to the active model.",
    )
    check_interval_min = _number("Check every (minutes)", LONGEST_MIN, "Usually 5.")
    fallback_trigger = forms.ChoiceField(
        label="What counts as a failure", choices=Trigger.choices, widget=forms.Select(attrs=SELECT)
    )
    failures_before_fallback = _number("Failures before fallback", MOST_IN_A_ROW, "In a row.")
    recovery_interval_min = forms.DecimalField(
        label="Recovery check every (minutes)",
        min_value=SHORTEST_RECOVERY_MIN,
        max_value=Decimal(LONGEST_MIN),
        max_digits=5,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"class": "ax-input is-short", "step": "0.1"}),
        help_text="While the fallback answers. Usually 1.",
    )
    successes_before_recovery = _number("Successes before recovery", MOST_IN_A_ROW, "In a row.")
    notices = forms.MultipleChoiceField(
        label="Tell people of",
        choices=[(event.value, event.label) for event in CHOICE_OF_NOTICES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        routing: ProjectRouting,
        models: Iterable[ProviderModel],
    ) -> None:
        super().__init__(data, initial=_stored(routing), label_suffix="")
        self._models = {model.public_id: model for model in models}
        offered = [(public_id, str(model)) for public_id, model in self._models.items()]
        for role in ROLES:
            chosen = getattr(routing, role)
            kept = [(chosen.public_id, f"{chosen} (disabled)")] if self._lacks(chosen) else []
            self._choices(role).choices = [("", "None"), *kept, *offered]

    def _lacks(self, chosen: ProviderModel | None) -> bool:
        return chosen is not None and chosen.public_id not in self._models

    def _choices(self, role: str) -> Any:
        return self.fields[role]

    def choices(self) -> dict[str, ProviderModel | None]:
        """Give what was chosen otherwise than stored, by the routing's own names."""
        changed = [role for role in ROLES if role in self.changed_data]
        return {role: self._models.get(self.cleaned_data[role]) for role in changed}

    def settings(self) -> dict[str, object]:
        """Give the monitor's settings that were changed."""
        return {name: self.cleaned_data[name] for name in SETTINGS if name in self.changed_data}

    def take_errors(self, error: ValidationError) -> None:
        """Put the service's reasons at the fields that they are about."""
        is_by_field = hasattr(error, "error_dict")
        told = error.message_dict if is_by_field else {NON_FIELD_ERRORS: error.messages}
        for name, reasons in told.items():
            for reason in reasons:
                self.add_error(name if name in self.fields else None, reason)


class GameDayForm(forms.Form):
    """Who is to play dead, and for how long."""

    provider = forms.ChoiceField(label="Provider", widget=forms.Select(attrs=SELECT))
    minutes = _number("Minutes", game_days.LONGEST_MIN, "It ends by itself.")

    def __init__(self, data: QueryDict | None = None, *, providers: Iterable[Provider]) -> None:
        super().__init__(data, initial={"minutes": 15}, label_suffix="")
        self._providers = {provider.public_id: provider for provider in providers}
        choices: Any = self.fields["provider"]
        choices.choices = [(key, str(provider)) for key, provider in self._providers.items()]

    def chosen(self) -> Provider:
        return self._providers[self.cleaned_data["provider"]]


def _stored(routing: ProjectRouting) -> dict[str, Any]:
    models = {role: getattr(routing, role) for role in ROLES}
    ids = {role: model.public_id if model else "" for role, model in models.items()}
    return ids | {name: getattr(routing, name) for name in SETTINGS}
