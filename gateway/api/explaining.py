from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.api.serializers import CamelSerializer
from accounts.models import ApiKey, Project
from accounts.principal import Principal
from accounts.tenancy.objects import find
from accounts.tenancy.views import ProjectViewSet
from gateway.models import Agent
from gateway.services.explaining import Question, explain
from providers.kinds.vocabulary import Format

_MOST_TOKENS = 1_000_000_000


class RoutingQuestionSerializer(CamelSerializer):
    """A call that is not made: whose, what it names as the model, and in which format.

    Without `callerId` it is one's own. `inputTokens` says how long it is.
    """

    model = serializers.CharField(
        max_length=500, allow_blank=True, default="default", help_text="As a client writes it."
    )
    caller_id = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=40,
        default="",
        help_text="The id of an API key or agent.",
    )
    format = serializers.ChoiceField([one.value for one in Format], default=Format.CHAT.value)
    input_tokens = serializers.IntegerField(default=0, min_value=0, max_value=_MOST_TOKENS)

    class Meta:
        example = {"model": "default", "callerId": "key_9oKj7HgF5dSa3QwE", "format": "chat"}

    def question(self) -> Question:
        sent = self.validated_data
        return Question(sent["model"].strip(), Format(sent["format"]), sent["input_tokens"])


class ConsideredSerializer(CamelSerializer):
    """A model that the name leads to: its place among the attempts, or what is in its way."""

    position = serializers.IntegerField(allow_null=True)
    model_id = serializers.CharField()
    model = serializers.CharField()
    provider_id = serializers.CharField()
    obstacle = serializers.CharField(allow_null=True)
    reason = serializers.CharField()

    class Meta:
        example = {
            "position": 1,
            "modelId": "apm_2kLp9QwErTy5UiOa",
            "model": "openai/gpt-5.2",
            "providerId": "aip_4fT9xQ2LmB7cVw1Z",
            "obstacle": None,
            "reason": "Usable.",
        }


class RefusedSerializer(CamelSerializer):
    """What the client would be told instead of an answer."""

    status = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()

    class Meta:
        example = {"status": 404, "code": "model_not_found", "message": "There is no model “x”."}


class RoutingAnswerSerializer(CamelSerializer):
    """Where the call would go, in the order of the attempts, and why nowhere else."""

    route = serializers.CharField()
    candidates = ConsideredSerializer(many=True)
    left_out = ConsideredSerializer(many=True)
    refusal = RefusedSerializer(allow_null=True)
    sees_breakers = serializers.BooleanField(
        help_text="Whether the gateways could be asked which models they leave alone for a while."
    )

    class Meta:
        example = {
            "route": "The name in the request decides.",
            "candidates": [ConsideredSerializer.Meta.example],
            "leftOut": [],
            "refusal": None,
            "seesBreakers": True,
        }


class RoutingExplanationViewSet(ProjectViewSet):
    """Which models a call would be sent to; the gateway's own rules, and no call."""

    queryset = Project.objects.none()
    serializer_class = RoutingAnswerSerializer
    permissions: ClassVar[Mapping[str, str]] = {"explain": "routing:ExplainRouting"}

    @describe(RoutingQuestionSerializer, {200: RoutingAnswerSerializer}, writes=False)
    def explain(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        read: Any = self.body(RoutingQuestionSerializer)
        who = self._caller(read.validated_data["caller_id"])
        return Response(explain(who, read.question(), project=self.named_project()).as_json())

    def _caller(self, public_id: str) -> Principal | ApiKey | Agent:
        """Find whose call it would be; another project's is not found."""
        if not public_id:
            return self.principal
        found = find(public_id, self.principal)
        if not isinstance(found, ApiKey | Agent) or found.project_id != self.named_project().pk:
            raise Http404
        if isinstance(found, Agent):
            return Agent.objects.with_route().get(pk=found.pk)
        return ApiKey.objects.with_principal().get(pk=found.pk)
