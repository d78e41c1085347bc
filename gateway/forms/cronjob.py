"""The form of a cronjob; what a schedule says is shown while it is typed."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast
from zoneinfo import available_timezones

from django import forms

from accounts.models import Project
from accounts.tenancy.fields import WalledChoiceField
from gateway.forms.agent import ModelsOfProviders
from gateway.forms.offers import offered_models
from gateway.forms.told import ToldForm
from gateway.models import Cronjob, Overlap, PinPolicy
from gateway.models.cronjob import LONGEST_PROMPT
from gateway.schedules import LONGEST
from gateway.services.cronjobs import CronjobDraft, draft_of
from providers.models import ProviderModel

_TEXT = {"class": "ax-input", "autocomplete": "off"}
_SELECT = {"class": "ax-input ax-select"}
_GONE: Final = "gone"  # in place of the id of a model that was deleted


class PinField(ModelsOfProviders):
    """Models to pin to; the one that a cronjob was pinned to can be kept when it is gone."""

    def offer_gone(self, name: str) -> None:
        offered = cast("Iterable[Any]", self.choices)
        self.choices = [*offered, (_GONE, f"{name} (gone)")]

    def to_python(self, value: Any) -> Any:
        return _GONE if value == _GONE else super().to_python(value)


class CronjobForm(ToldForm):
    """Reads what somebody wants a cronjob to be; the model decides whether it can be."""

    name = forms.CharField(
        max_length=100, widget=forms.TextInput(attrs=_TEXT | {"autofocus": True})
    )
    project = WalledChoiceField(
        Project.objects.none(), widget=forms.Select(attrs=_SELECT), empty_label=None
    )
    schedule = forms.CharField(
        max_length=LONGEST,
        widget=forms.TextInput(
            attrs=_TEXT | {"class": "ax-input ax-mono", "placeholder": "30 9 * * MON-FRI"}
        ),
    )
    time_zone = forms.ChoiceField(
        choices=[(name, name) for name in sorted(available_timezones())],
        initial="UTC",
        widget=forms.Select(attrs=_SELECT),
    )
    prompt = forms.CharField(
        max_length=LONGEST_PROMPT,
        widget=forms.Textarea(attrs={"class": "ax-input", "rows": 5}),
        strip=False,
    )
    system_prompt = forms.CharField(
        max_length=LONGEST_PROMPT,
        required=False,
        widget=forms.Textarea(attrs={"class": "ax-input", "rows": 2}),
        strip=False,
    )
    pinned_model = PinField(
        ProviderModel.objects.none(),
        label="Model",
        required=False,
        widget=forms.Select(attrs=_SELECT),
        empty_label="Task default",
    )
    pin_policy = forms.ChoiceField(
        label="If that model goes away",
        choices=PinPolicy.choices,
        initial=PinPolicy.DEFAULT,
        widget=forms.Select(attrs=_SELECT),
    )
    overlap = forms.ChoiceField(
        label="If the run before is still under way",
        choices=Overlap.choices,
        initial=Overlap.SKIP,
        widget=forms.Select(attrs=_SELECT),
    )

    def __init__(
        self, data: Any = None, *, projects: Sequence[Project], job: Cronjob | None = None
    ) -> None:
        super().__init__(data, label_suffix="", initial=_initial(job, projects))
        field = cast("WalledChoiceField", self.fields["project"])
        field.queryset = Project.objects.filter(pk__in=[project.pk for project in projects])
        if len(projects) == 1:
            field.widget = forms.HiddenInput()
        pins = cast("PinField", self.fields["pinned_model"])
        kept = job.pinned_model if job else None
        pins.queryset = offered_models(self._project(projects), kept=kept)
        if job and job.has_gone_pin:
            pins.offer_gone(job.pin_name)

    def draft(self) -> CronjobDraft:
        """Give what was typed; call it when the form is valid."""
        chosen = {name: value for name, value in self.cleaned_data.items() if name != "project"}
        if chosen["pinned_model"] == _GONE:
            chosen |= {"pinned_model": None, "keeps_gone_pin": True}
        return CronjobDraft(**chosen)

    def _project(self, projects: Sequence[Project]) -> Project:
        wanted = self.data.get("project") if self.is_bound else None
        return next((row for row in projects if row.public_id == wanted), projects[0])


def _initial(job: Cronjob | None, projects: Sequence[Project]) -> dict[str, Any]:
    if job is None:
        return {"project": projects[0]}
    draft = draft_of(job)
    named = {name: getattr(draft, name) for name in CronjobDraft.__dataclass_fields__}
    pin = _GONE if draft.keeps_gone_pin else draft.pinned_model
    return named | {"project": job.project, "pinned_model": pin}
