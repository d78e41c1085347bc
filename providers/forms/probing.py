"""The part of the provider's form that lets probes cost money, and how much."""

from decimal import Decimal
from typing import Any

from django import forms

from providers.models.probing import (
    MOST_PER_DAY,
    MOST_USD,
    PROBE_BUDGET_USD,
    PROBES_PER_DAY,
    Probing,
)

_SHORT = {"class": "ax-input is-short"}


class ProbingFields(forms.Form):
    """Asks whether paid probes are wanted, and for their two budgets of a day."""

    has_paid_probes = forms.BooleanField(
        label="Probe with a paid completion",
        required=False,
        help_text=(
            "Health checks then send a few words to the default model. Left out, they make the "
            "type's free call. When a budget of the day (UTC) is used up, the free call stands in."
        ),
    )
    probe_budget_usd = forms.DecimalField(
        label="Probe budget in USD a day",
        required=False,
        min_value=Decimal(0),
        max_value=MOST_USD,
        decimal_places=4,
        max_digits=8,
        initial=PROBE_BUDGET_USD,
        widget=forms.NumberInput(attrs=_SHORT | {"step": "any"}),
        help_text="For models with a known price.",
    )
    probes_per_day = forms.IntegerField(
        label="Paid probes a day",
        required=False,
        min_value=1,
        max_value=MOST_PER_DAY,
        initial=PROBES_PER_DAY,
        widget=forms.NumberInput(attrs=_SHORT),
        help_text="For every model; the one budget where no price is known.",
    )

    def probing(self) -> Probing:
        """Read what was filled in; a budget that was left empty is the usual one."""
        filled = self.cleaned_data
        budget, most = filled.get("probe_budget_usd"), filled.get("probes_per_day")
        return Probing(
            has_paid_probes=bool(filled.get("has_paid_probes")),
            probe_budget_usd=PROBE_BUDGET_USD if budget is None else budget,
            probes_per_day=PROBES_PER_DAY if most is None else most,
        )


def probing_values(probing: Probing) -> dict[str, Any]:
    """Give what the form shows of a choice that is stored."""
    return {
        "has_paid_probes": probing.has_paid_probes,
        "probe_budget_usd": f"{probing.probe_budget_usd.normalize():f}",
        "probes_per_day": probing.probes_per_day,
    }
