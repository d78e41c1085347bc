"""What the page asks that says where a call would go."""

from collections.abc import Sequence
from typing import Any, Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from accounts.models import ApiKey, Project
from accounts.tenancy.fields import WalledChoiceField
from gateway.models import Agent
from gateway.models.agent import AgentQuerySet
from gateway.services.explaining import Question
from providers.kinds.vocabulary import Format

_SELECT: Final = {"class": "ax-input ax-select"}
_LABELS: Final = {
    Format.CHAT: "Chat completions",
    Format.RESPONSES: "Responses",
    Format.EMBEDDINGS: "Embeddings",
    Format.MESSAGES: "Messages",
    Format.GEMINI: "Gemini",
}


class ExplainForm(forms.Form):
    """A call that is not made: in which project, whose, and what it names."""

    project = WalledChoiceField(
        Project.objects.none(), empty_label=None, widget=forms.Select(attrs=_SELECT)
    )
    key = WalledChoiceField(
        ApiKey.objects.none(),
        label="API key",
        required=False,
        empty_label="Nobody's: all that I may call",
        widget=forms.Select(attrs=_SELECT),
    )
    agent = WalledChoiceField(
        Agent.objects.none(),
        required=False,
        empty_label="None",
        widget=forms.Select(attrs=_SELECT),
    )
    model = forms.CharField(
        required=False,
        max_length=500,
        initial="default",
        widget=forms.TextInput(attrs={"class": "ax-input ax-mono", "autocomplete": "off"}),
        help_text="As a client writes it: default, task, provider/model, or a model's id.",
    )
    format = forms.ChoiceField(
        choices=[(one.value, label) for one, label in _LABELS.items()],
        initial=Format.CHAT.value,
        widget=forms.Select(attrs=_SELECT),
    )
    tokens = forms.IntegerField(
        label="Tokens of the request",
        required=False,
        min_value=0,
        max_value=1_000_000_000,
        widget=forms.NumberInput(attrs={"class": "ax-input is-short"}),
        help_text="Empty: short enough for every context window.",
    )

    def __init__(
        self,
        data: Any = None,
        *,
        projects: Sequence[Project],
        keys: QuerySet[ApiKey],
        agents: AgentQuerySet,
    ) -> None:
        super().__init__(data, label_suffix="", initial={"project": projects[0]})
        self._field("project").queryset = Project.objects.filter(pk__in=[p.pk for p in projects])
        self._field("key").queryset = keys
        self._field("agent").queryset = agents.with_route()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        key, agent, project = (cleaned.get(name) for name in ("key", "agent", "project"))
        if key and agent:
            raise ValidationError({"agent": "Choose a key or an agent."})
        if key and project and key.project_id != project.pk:
            raise ValidationError({"key": "Choose a key of this project."})
        if agent and project and agent.project_id != project.pk:
            raise ValidationError({"agent": "Choose an agent of this project."})
        return cleaned

    def question(self) -> Question:
        sent = self.cleaned_data
        return Question(sent["model"].strip(), Format(sent["format"]), sent["tokens"] or 0)

    def _field(self, name: str) -> WalledChoiceField:
        return cast("WalledChoiceField", self.fields[name])
