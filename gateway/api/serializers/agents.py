import dataclasses
from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.tenancy.fields import ProjectField
from gateway.models import Agent, Model, Routing
from gateway.models.agent import LONGEST_OVERLAP
from gateway.services.agents import DEFAULT_OVERLAP, AgentDraft, draft_of
from providers.models import ProviderModel
from providers.models.agent_types import AgentType

_HOUR_S = 3600
_EXAMPLE: dict[str, Any] = {
    "id": "agt_5hTf2LqW8sXc0VbN",
    "projectId": "prj_8sKd03HfTq5LxY2n",
    "name": "Claude Code on Ada's laptop",
    "agentType": "claude-code",
    "routing": "pinned",
    "pinnedModelId": "apm_7hG2kLp0Xs9DfA4q",
    "modelId": None,
    "gatewayUrl": "",
    "tokens": [
        {"prefix": "axa_Ab3dEf", "createdAt": "2026-11-20T09:00:00Z", "worksUntil": None},
    ],
    "lastSeenAt": None,
    "createdAt": "2026-11-20T09:00:00Z",
}


class AgentTokenSerializer(CamelSerializer):
    """One token that works: how it begins, and until when."""

    prefix = serializers.CharField()
    created_at = serializers.DateTimeField()
    works_until = serializers.DateTimeField(source="ends_at", allow_null=True)


class AgentSerializer(CamelModelSerializer):
    """A program that comes to the gateway, without its tokens: each is shown once."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id")
    pinned_model_id = serializers.CharField(
        source="pinned_model.public_id", allow_null=True, default=None
    )
    model_id = serializers.CharField(source="facade.public_id", allow_null=True, default=None)
    gateway_url = serializers.CharField(
        source="pinned_url", help_text="Empty: the installation's own."
    )
    tokens = serializers.SerializerMethodField()

    class Meta:
        model = Agent
        fields = (
            *("id", "project_id", "name", "agent_type", "routing", "pinned_model_id", "model_id"),
            *("gateway_url", "tokens", "last_seen_at", "created_at"),
        )
        example = _EXAMPLE

    @extend_schema_field(AgentTokenSerializer(many=True))
    def get_tokens(self, agent: Agent) -> Any:
        current = [agent.token] if agent.token else []
        rows = [*current, *agent.retiring_at(timezone.now())]
        return AgentTokenSerializer(rows, many=True).data


class IssuedAgentSerializer(AgentSerializer):
    """An agent with its new token, which nothing can show again; a repeat tells it as null."""

    token = serializers.CharField(allow_null=True, source="issued_token")

    class Meta(AgentSerializer.Meta):
        fields = (*AgentSerializer.Meta.fields, "token")  # type: ignore[assignment]  # one more
        example = _EXAMPLE | {"token": "axa_… (shown this once)"}


class AgentDraftSerializer(CamelSerializer):
    """An agent to be; the routing says which of the two targets is used."""

    project_id = serializers.CharField(required=False, help_text="A key's own project by default.")
    name = serializers.CharField(max_length=100)
    agent_type = serializers.ChoiceField(AgentType.choices)
    routing = serializers.ChoiceField(Routing.choices, required=False, default=Routing.INHERIT)
    pinned_model_id = ProjectField(
        queryset=ProviderModel.objects.select_related("provider"),
        required=False,
        allow_null=True,
        default=None,
        source="pinned_model",
    )
    model_id = ProjectField(
        queryset=Model.objects.all(),
        required=False,
        allow_null=True,
        default=None,
        source="facade",
    )
    gateway_url = serializers.CharField(
        max_length=200,
        required=False,
        default="",
        allow_blank=True,
        source="pinned_url",
        help_text="The hostname that its clients use, where that is not the installation's.",
    )

    class Meta:
        example = {"name": "Claude Code on Ada's laptop", "agentType": "claude-code"}

    def draft(self) -> AgentDraft:
        """Give what was sent; call it when the body is valid."""
        sent = {name: value for name, value in self.validated_data.items() if name != "project_id"}
        return AgentDraft(**sent)


class AgentPatchSerializer(AgentDraftSerializer):
    """What is to change of an agent; what is left out stays as it is."""

    project_id = None  # type: ignore[assignment]  # an agent never moves

    class Meta:
        example = {"routing": "pinned", "pinnedModelId": "apm_7hG2kLp0Xs9DfA4q"}

    def draft_over(self, agent: Agent) -> AgentDraft:
        """Give the agent as it is to be; call it when the body is valid."""
        return dataclasses.replace(draft_of(agent), **self.validated_data)


class SnippetSerializer(CamelSerializer):
    """One text to paste, and where."""

    slug = serializers.CharField()
    title = serializers.CharField()
    where = serializers.CharField()
    text = serializers.CharField()


class ConnectionSerializer(CamelSerializer):
    """How an agent's client is told to come here; each text reads the token from AXIOM_TOKEN."""

    gateway_url = serializers.CharField()
    snippets = SnippetSerializer(many=True)
    last_seen_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        example: Any = {
            "gatewayUrl": "https://ai.example.com",
            "snippets": [
                {
                    "slug": "claude-code",
                    "title": "Claude Code",
                    "where": "In a shell",
                    "text": "export ANTHROPIC_BASE_URL=https://ai.example.com",
                }
            ],
            "lastSeenAt": None,
        }


class RotationSerializer(CamelSerializer):
    """How long the present token works on beside the new one."""

    overlap_s = serializers.IntegerField(
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds()),
        required=False,
        default=int(DEFAULT_OVERLAP.total_seconds()),
        help_text="Seconds; 0 stops it at once.",
    )

    class Meta:
        example = {"overlapS": 24 * _HOUR_S}

    def overlap(self) -> timedelta:
        return timedelta(seconds=self.validated_data["overlap_s"])
