"""Which models a project's requests go to, over REST."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.tenancy.fields import ProjectField
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

_NOTICES = [(event.value, event.label) for event in CHOICE_OF_NOTICES]


def _chosen(role: str) -> serializers.CharField:
    return serializers.CharField(source=f"{role}.public_id", allow_null=True, default=None)


class GameDaySerializer(CamelSerializer):
    """A provider that plays dead."""

    provider_id = serializers.CharField(source="drilled_provider.public_id")
    until = serializers.DateTimeField(source="drilled_until")
    begun_by = serializers.CharField(source="drilled_by.public_id", allow_null=True, default=None)


class GameDayDraftSerializer(CamelSerializer):
    """Who is to play dead, and for how long."""

    provider_id = ProjectField(Provider.objects.all())
    minutes = serializers.IntegerField(min_value=1, max_value=game_days.LONGEST_MIN, default=15)

    class Meta:
        example = {"providerId": "aip_4fT9xQ2LmB7cVw1Z", "minutes": 15}


class RoutingSerializer(CamelModelSerializer):
    """The models that a project has chosen, by their ids, and how its health monitor stands."""

    project_id = serializers.CharField(source="project.public_id")
    active_model_id = _chosen("active_model")
    fallback_model_id = _chosen("fallback_model")
    task_model_id = _chosen("task_model")
    notices = serializers.ListField(child=serializers.CharField())
    game_day = serializers.SerializerMethodField(
        method_name="get_game_day",
        help_text="Who plays dead in this project, until when, and by whose wish.",
    )

    @extend_schema_field(GameDaySerializer(allow_null=True))
    def get_game_day(self, routing: ProjectRouting) -> Any:
        is_on = routing.has_game_day(now=timezone.now())
        return GameDaySerializer(routing).data if is_on else None

    class Meta:
        model = ProjectRouting
        fields = (
            *("project_id", "active_model_id", "fallback_model_id", "task_model_id"),
            *SETTINGS,
            *("mode", "mode_since", "failures", "successes", "seen_health", "game_day"),
        )
        example = {
            "projectId": "prj_8sKd03HfTq5LxY2n",
            "activeModelId": "apm_7hG2kLp0Xs9DfA4q",
            "fallbackModelId": None,
            "taskModelId": None,
            "isMonitored": True,
            "checkIntervalMin": 5,
            "fallbackTrigger": "down",
            "failuresBeforeFallback": 1,
            "recoveryIntervalMin": "1.0",
            "successesBeforeRecovery": 3,
            "notices": ["degraded_to_down", "healthy_to_down", "to_fallback", "back_to_primary"],
            "mode": "normal",
            "modeSince": None,
            "failures": 0,
            "successes": 0,
            "seenHealth": "reachable",
            "gameDay": None,
        }


def _number(most: int, told: str) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=most, required=False, help_text=told)


class RoutingPatchSerializer(CamelSerializer):
    """What is to be chosen instead; null chooses none, which the active model can't be."""

    is_monitored = serializers.BooleanField(
        required=False, help_text="Off: no probes, and requests go to the active model."
    )
    check_interval_min = _number(
        LONGEST_MIN, "How often the active model and the fallback are checked."
    )
    fallback_trigger = serializers.ChoiceField(Trigger.choices, required=False)
    failures_before_fallback = _number(MOST_IN_A_ROW, "Failures in a row that switch over.")
    recovery_interval_min = serializers.DecimalField(
        max_digits=5,
        decimal_places=1,
        min_value=SHORTEST_RECOVERY_MIN,
        max_value=Decimal(LONGEST_MIN),
        required=False,
        help_text="How often the active model is checked while the fallback serves.",
    )
    successes_before_recovery = _number(MOST_IN_A_ROW, "Healthy checks in a row that return.")
    notices = serializers.ListField(
        child=serializers.ChoiceField(_NOTICES),
        required=False,
        help_text="The transitions that people are told of.",
    )

    active_model_id = ProjectField(ProviderModel.objects.with_provider(), required=False)
    fallback_model_id = ProjectField(
        ProviderModel.objects.with_provider(), required=False, allow_null=True
    )
    task_model_id = ProjectField(
        ProviderModel.objects.with_provider(), required=False, allow_null=True
    )

    class Meta:
        example = {"activeModelId": "apm_7hG2kLp0Xs9DfA4q", "fallbackModelId": None}

    def choices(self) -> dict[str, Any]:
        """Give what was sent, by the routing's own names."""
        sent = self.validated_data
        return {name.removesuffix("_id"): sent[name] for name in sent if name not in SETTINGS}

    def settings(self) -> dict[str, Any]:
        """Give what was sent of the health monitor's settings."""
        return {name: value for name, value in self.validated_data.items() if name in SETTINGS}
