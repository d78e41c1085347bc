"""What the playground asks: whom to send to, as whom, and the conversation so far."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Project
from accounts.principal import Principal
from accounts.tenancy.fields import WalledChoiceField
from gateway.formats.conversing import Said, Speaker
from gateway.forms.offers import callable_facades, offered_models
from gateway.models import Agent
from gateway.services.playground import Ask

MOST_TURNS: Final = 200
MOST_CHARACTERS: Final = 500_000

_SELECT: Final = {"class": "ax-input ax-select"}


class PlaygroundForm(forms.Form):
    """One question to a model, with the history that the browser kept."""

    to = forms.ChoiceField(label="Send to", widget=forms.Select(attrs=_SELECT))
    agent = WalledChoiceField(
        Agent.objects.none(),
        label="As",
        required=False,
        empty_label="Myself",
        widget=forms.Select(attrs=_SELECT),
        help_text="An agent's own route may decide instead of what is chosen above.",
    )
    system = forms.CharField(
        label="System prompt",
        required=False,
        max_length=20_000,
        strip=False,
        widget=forms.Textarea(attrs={"class": "ax-input", "rows": 4}),
    )
    conversation = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, project: Project, who: Principal, agents: Sequence[Agent]
    ) -> None:
        super().__init__(data, label_suffix="")
        self._project, self._who = project, who
        cast("forms.ChoiceField", self.fields["to"]).choices = _choices(project, who)
        field = cast("WalledChoiceField", self.fields["agent"])
        field.queryset = Agent.objects.filter(pk__in=[agent.pk for agent in agents]).with_route()

    def clean_conversation(self) -> list[Said]:
        try:
            said = [
                Said(Speaker(turn["speaker"]), str(turn["text"]))
                for turn in json.loads(self.cleaned_data["conversation"])
            ]
        except (ValueError, TypeError, KeyError) as error:
            raise ValidationError("Begin a new conversation: this one can't be read.") from error
        if not said or said[-1].speaker is not Speaker.USER or not said[-1].text.strip():
            raise ValidationError("Write something first.")
        if len(said) > MOST_TURNS or sum(len(turn.text) for turn in said) > MOST_CHARACTERS:
            raise ValidationError("This conversation has become too long. Begin a new one.")
        return said

    def ask(self) -> Ask:
        sent = self.cleaned_data
        return Ask(
            by=self._who,
            project=self._project,
            model=sent["to"],
            said=sent["conversation"],
            system=sent["system"].strip(),
            agent=sent["agent"],
        )


def _choices(project: Project, who: Principal) -> list[tuple[str, list[tuple[str, str]]]]:
    """Group what somebody may name: the project's own order, facades, models by provider."""
    groups = [("The project's choice", [("default", "default"), ("task", "task")])]
    facades = [(facade.slug, facade.slug) for facade in callable_facades(project, who.user)]
    return groups + [("Models", facades)] * bool(facades) + list(_by_provider(project))


def _by_provider(project: Project) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for model in offered_models(project):
        name = f"{model.provider.slug}/{model.upstream_id}"
        groups.setdefault(model.provider.name, []).append((name, model.upstream_id))
    return groups.items()
