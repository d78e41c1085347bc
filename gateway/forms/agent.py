"""The form of an agent: the pickers hold what its type and its project may choose."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from django import forms

from accounts.models import Project
from accounts.tenancy.fields import WalledChoiceField
from gateway.forms.offers import offered_facades, offered_models
from gateway.forms.told import ToldForm
from gateway.models import Agent, Routing
from gateway.services.agents import DEFAULT_OVERLAP, AgentDraft
from providers.models import ProviderModel
from providers.models.agent_types import AgentType

_TEXT = {"class": "ax-input", "autocomplete": "off"}
_SELECT = {"class": "ax-input ax-select"}
_OVERLAPS = (
    (timedelta(0), "Not at all: it stops at once"),
    (timedelta(hours=1), "1 hour"),
    (DEFAULT_OVERLAP, "24 hours"),
    (timedelta(days=7), "7 days"),
)


class ModelsOfProviders(WalledChoiceField):
    """Models to choose from, each with its provider's name."""

    def label_from_instance(self, obj: Any) -> str:
        model = cast("ProviderModel", obj)
        return f"{model.provider.name}: {model.upstream_id}"


class AgentForm(ToldForm):
    """Reads what somebody wants an agent to be; the model decides whether it can be."""

    name = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs=_TEXT | {"autofocus": True}),
        help_text="Whose it is, or what it does: “Claude Code on Ada's laptop”.",
    )
    project = WalledChoiceField(
        Project.objects.none(), widget=forms.Select(attrs=_SELECT), empty_label=None
    )
    agent_type = forms.ChoiceField(
        label="Type", choices=AgentType.choices, widget=forms.Select(attrs=_SELECT)
    )
    routing = forms.ChoiceField(
        label="What answers it",
        choices=Routing.choices,
        initial=Routing.INHERIT,
        widget=forms.Select(attrs=_SELECT),
    )
    pinned_model = ModelsOfProviders(
        ProviderModel.objects.none(),
        label="Provider's model",
        required=False,
        widget=forms.Select(attrs=_SELECT),
        empty_label="Choose one",
        help_text="Models of the providers that serve this type.",
    )
    facade = WalledChoiceField(
        offered_facades(None),
        label="Model",
        required=False,
        widget=forms.Select(attrs=_SELECT),
        empty_label="Choose one",
    )

    def __init__(
        self, data: Any = None, *, projects: Sequence[Project], agent: Agent | None = None
    ) -> None:
        super().__init__(data, label_suffix="", initial=_initial(agent, projects))
        self.agent = agent
        field = cast("WalledChoiceField", self.fields["project"])
        field.queryset = Project.objects.filter(pk__in=[project.pk for project in projects])
        if len(projects) == 1:
            field.widget = forms.HiddenInput()
        self._narrow(self._project(projects))

    @property
    def asks_for_pin(self) -> bool:
        return bool(self._now("routing") == Routing.PINNED)

    @property
    def asks_for_facade(self) -> bool:
        return bool(self._now("routing") == Routing.FACADE)

    def draft(self) -> AgentDraft:
        """Give what was typed; call it when the form is valid."""
        chosen = self.cleaned_data
        return AgentDraft(
            name=chosen["name"],
            agent_type=chosen["agent_type"],
            routing=chosen["routing"],
            pinned_model=chosen["pinned_model"],
            facade=chosen["facade"],
            pinned_url=self.agent.pinned_url if self.agent else "",
        )

    def _project(self, projects: Sequence[Project]) -> Project:
        wanted = self.data.get("project") if self.is_bound else None
        return next((row for row in projects if row.public_id == wanted), projects[0])

    def _narrow(self, project: Project) -> None:
        pins = cast("WalledChoiceField", self.fields["pinned_model"])
        kept = self.agent.pinned_model if self.agent else None
        pins.queryset = offered_models(project, str(self._now("agent_type")), kept=kept)
        facades = cast("WalledChoiceField", self.fields["facade"])
        facades.queryset = offered_facades(project, kept=self.agent.facade if self.agent else None)

    def _now(self, name: str) -> Any:
        """Give what a field holds at this moment, valid or not."""
        first = AgentType.CLAUDE_CODE if name == "agent_type" else Routing.INHERIT
        if self.is_bound:
            return self.data.get(name, first)
        return self.initial.get(name, first)


class RotateForm(forms.Form):
    """Asks how long the old token works on."""

    overlap = forms.TypedChoiceField(
        label="The present token works on for",
        choices=[(int(span.total_seconds()), words) for span, words in _OVERLAPS],
        coerce=lambda seconds: timedelta(seconds=int(seconds)),
        initial=int(DEFAULT_OVERLAP.total_seconds()),
        widget=forms.Select(attrs=_SELECT),
        help_text="Long enough for the new one to reach every place that has the old one.",
    )


def _initial(agent: Agent | None, projects: Sequence[Project]) -> dict[str, Any]:
    if agent is None:
        return {"project": projects[0], "agent_type": AgentType.CLAUDE_CODE}
    return {
        "project": agent.project,
        "name": agent.name,
        "agent_type": agent.agent_type,
        "routing": agent.routing,
        "pinned_model": agent.pinned_model,
        "facade": agent.facade,
    }
