import dataclasses
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.models import ApiKey
from accounts.tenancy.fields import ProjectField
from gateway.models import Agent, Limit
from gateway.models.limit import MEASURES, SMALLEST
from gateway.services.limits import LimitDraft, draft_of
from usage.limits.reading import uses_of

_USE: dict[str, Any] = {
    "used": "12.340000000000",
    "reserved": "0.100000000000",
    "percent": "49.36",
    "endsAt": "2026-12-01T00:00:00Z",
    "refused": 0,
    "wouldRefuse": 0,
    "unpriced": 0,
}
_EXAMPLE: dict[str, Any] = {
    "id": "lim_4wQ8eRt1YuI6oP3a",
    "projectId": "prj_8sKd03HfTq5LxY2n",
    "agentId": None,
    "keyId": None,
    "name": "Budget of the team",
    "measure": "usd_per_month",
    "amount": "25.0000",
    "isEnabled": True,
    "isShadow": False,
    "allowsUnpriced": False,
    "use": _USE,
    "createdAt": "2026-11-20T09:00:00Z",
}


class LimitUseSerializer(CamelSerializer):
    """What is used of a limit in its window of now; money in USD, what else is counted as is."""

    used = serializers.DecimalField(
        max_digits=30,
        decimal_places=12,
        allow_null=True,
        help_text="null while it can't be told: the Redis-protocol server is away.",
    )
    reserved = serializers.DecimalField(
        max_digits=30, decimal_places=12, help_text="What calls under way may cost at most, in USD."
    )
    percent = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    ends_at = serializers.DateTimeField(help_text="When the window ends; of rates, the day.")
    refused = serializers.IntegerField()
    would_refuse = serializers.IntegerField(help_text="What shadow mode let through.")
    unpriced = serializers.IntegerField(help_text="Calls whose cost is unknown.")


class LimitSerializer(CamelModelSerializer):
    """How much a project, one of its agents or one of its keys may use, and what is used now."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id")
    agent_id = serializers.CharField(source="agent.public_id", allow_null=True, default=None)
    key_id = serializers.CharField(source="key.public_id", allow_null=True, default=None)
    use = serializers.SerializerMethodField()

    class Meta:
        model = Limit
        fields = (
            *("id", "project_id", "agent_id", "key_id", "name", "measure", "amount"),
            *("is_enabled", "is_shadow", "allows_unpriced", "use", "created_at"),
        )
        example = _EXAMPLE

    @extend_schema_field(LimitUseSerializer)
    def get_use(self, limit: Any) -> Any:
        if not hasattr(limit, "use"):
            attach_uses([limit])
        return LimitUseSerializer(limit.use).data


class LimitPatchSerializer(CamelSerializer):
    """What is to change of a limit; what it is on, and what it counts, stays."""

    name = serializers.CharField(max_length=100, required=False)
    amount = serializers.DecimalField(
        max_digits=16,
        decimal_places=4,
        min_value=SMALLEST,
        required=False,
        help_text="USD, or a whole number of what is counted.",
    )
    is_enabled = serializers.BooleanField(required=False)
    is_shadow = serializers.BooleanField(
        required=False, help_text="Refuses nothing, and counts what it would have refused."
    )
    allows_unpriced = serializers.BooleanField(
        required=False,
        help_text="Whether models without a price pass a limit of money; they are counted.",
    )

    class Meta:
        example: Any = {"amount": "50"}

    def draft_over(self, limit: Limit) -> LimitDraft:
        """Give the limit as it is to be; call it when the body is valid."""
        return dataclasses.replace(draft_of(limit), **self.validated_data)


class LimitDraftSerializer(LimitPatchSerializer):
    """A limit to be: on an agent, on a key, or without either on the whole project."""

    project_id = serializers.CharField(required=False, help_text="A key's own project by default.")
    agent_id = ProjectField(
        queryset=Agent.objects.select_related("project"),
        required=False,
        allow_null=True,
        default=None,
        source="agent",
    )
    key_id = ProjectField(
        queryset=ApiKey.objects.select_related("project"),
        required=False,
        allow_null=True,
        default=None,
        source="key",
    )
    name = serializers.CharField(max_length=100)
    measure = serializers.ChoiceField(MEASURES)
    amount = serializers.DecimalField(max_digits=16, decimal_places=4, min_value=SMALLEST)

    class Meta:
        example = {"name": "Budget of the team", "measure": "usd_per_month", "amount": "25"}

    def draft(self) -> LimitDraft:
        """Give what was sent; call it when the body is valid."""
        names = {field.name for field in dataclasses.fields(LimitDraft)}
        sent = {name: value for name, value in self.validated_data.items() if name in names}
        return LimitDraft(**sent)


def attach_uses(limits: Iterable[Any]) -> None:
    """Let each limit carry what is used of it now, for its answer; one query for all."""
    found = list(limits)
    uses = uses_of([limit.rule for limit in found], now=timezone.now())
    for limit in found:
        limit.use = uses[limit.public_id]
