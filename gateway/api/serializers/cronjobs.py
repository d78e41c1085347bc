import dataclasses
from typing import Any

from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.tenancy.fields import ProjectField
from gateway.models import Cronjob, CronjobRun, Overlap, PinPolicy
from gateway.models.cronjob import LONGEST_PROMPT
from gateway.schedules import LONGEST
from gateway.services.cronjobs import CronjobDraft, draft_of
from providers.models import ProviderModel

_EXAMPLE: dict[str, Any] = {
    "id": "crn_6gHw2LqV8sXc0TbN",
    "projectId": "prj_8sKd03HfTq5LxY2n",
    "name": "Morning digest",
    "schedule": "30 9 * * MON-FRI",
    "scheduleInWords": "At 09:30 on Monday through Friday",
    "timeZone": "Europe/Berlin",
    "prompt": "Sum up what happened yesterday.",
    "systemPrompt": "",
    "pinnedModelId": None,
    "pinPolicy": "default",
    "lacksPin": False,
    "overlap": "skip",
    "isPaused": False,
    "nextRunAt": "2026-11-20T08:30:00Z",
    "createdAt": "2026-11-20T08:00:00Z",
}


class CronjobSerializer(CamelModelSerializer):
    """A prompt that is sent at set times."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id")
    schedule_in_words = serializers.CharField(source="times.words")
    pinned_model_id = serializers.CharField(
        source="pinned_model.public_id", allow_null=True, default=None
    )
    lacks_pin = serializers.BooleanField(
        help_text="Whether the model that it is pinned to is gone or disabled."
    )

    class Meta:
        model = Cronjob
        fields = (
            *("id", "project_id", "name", "schedule", "schedule_in_words", "time_zone", "prompt"),
            *("system_prompt", "pinned_model_id", "pin_policy", "lacks_pin", "overlap"),
            *("is_paused", "next_run_at", "created_at"),
        )
        example = _EXAMPLE


class CronjobDraftSerializer(CamelSerializer):
    """A cronjob to be; without a pin it asks the project's task default."""

    project_id = serializers.CharField(required=False, help_text="A key's own project by default.")
    name = serializers.CharField(max_length=100)
    schedule = serializers.CharField(max_length=LONGEST, help_text="Five fields, as cron has them.")
    time_zone = serializers.CharField(max_length=64, required=False, default="UTC")
    prompt = serializers.CharField(max_length=LONGEST_PROMPT, trim_whitespace=False)
    system_prompt = serializers.CharField(
        max_length=LONGEST_PROMPT,
        required=False,
        default="",
        allow_blank=True,
        trim_whitespace=False,
    )
    pinned_model_id = ProjectField(
        queryset=ProviderModel.objects.select_related("provider"),
        required=False,
        allow_null=True,
        default=None,
        source="pinned_model",
    )
    pin_policy = serializers.ChoiceField(
        PinPolicy.choices, required=False, default=PinPolicy.DEFAULT
    )
    overlap = serializers.ChoiceField(Overlap.choices, required=False, default=Overlap.SKIP)

    class Meta:
        example = {
            "name": "Morning digest",
            "schedule": "30 9 * * MON-FRI",
            "prompt": "Sum up what happened yesterday.",
        }

    def draft(self) -> CronjobDraft:
        """Give what was sent; call it when the body is valid."""
        sent = {name: value for name, value in self.validated_data.items() if name != "project_id"}
        return CronjobDraft(**sent)


class CronjobPatchSerializer(CronjobDraftSerializer):
    """What is to change of a cronjob; what is left out stays as it is."""

    project_id = None  # type: ignore[assignment]  # a cronjob never moves

    class Meta:
        example = {"schedule": "0 7 * * *", "timeZone": "Europe/Berlin"}

    def draft_over(self, job: Cronjob) -> CronjobDraft:
        """Give the cronjob as it is to be; call it when the body is valid."""
        sent = self.validated_data
        kept = draft_of(job)
        keeps_gone_pin = kept.keeps_gone_pin and "pinned_model" not in sent
        return dataclasses.replace(kept, keeps_gone_pin=keeps_gone_pin, **sent)


class CronjobRunSerializer(CamelModelSerializer):
    """One run: what came of it, and what it cost. Numbers are null until the ledger has them."""

    id = serializers.CharField(source="public_id")

    class Meta:
        model = CronjobRun
        fields = (
            *("id", "trigger", "state", "scheduled_for", "started_at", "ended_at", "output"),
            *("is_cut", "message", "request_id", "provider_name", "model", "attempts"),
            *("input_tokens", "output_tokens", "cost", "latency_ms"),
        )
        example = {
            "id": "run_6gHw2LqV8sXc0TbN",
            "trigger": "schedule",
            "state": "succeeded",
            "scheduledFor": "2026-11-20T08:30:00Z",
            "startedAt": "2026-11-20T08:30:02Z",
            "endedAt": "2026-11-20T08:30:05Z",
            "output": "Three things happened.",
            "isCut": False,
            "message": "",
            "requestId": "req_6gHw2LqV8sXc0TbN",
            "providerName": "OpenAI",
            "model": "gpt-4o",
            "attempts": 1,
            "inputTokens": 12,
            "outputTokens": 5,
            "cost": "0.000080000000",
            "latencyMs": 812,
        }
