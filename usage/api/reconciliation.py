"""A provider's own account of what was used beside the ledger's, over REST and MCP."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.api.serializers import CamelSerializer
from accounts.tenancy.views import ProjectViewSet
from usage.models import UsageRecord
from usage.questions import Question
from usage.reports import models_of
from usage.statements import MOST_BYTES, Statement, StatementInvalid, drifts, read_statement

_LOOKED_BACK = timedelta(days=365)


class ProvidersExportSerializer(CamelSerializer):
    """A provider's export, as text: CSV, or the JSON of OpenAI's or Anthropic's usage API."""

    provider_id = serializers.CharField(max_length=40)
    statement = serializers.CharField(max_length=MOST_BYTES, trim_whitespace=False)

    class Meta:
        example = {
            "providerId": "aip_4fT9xQ2LmB7cVw1Z",
            "statement": "date,model,input_tokens,output_tokens\n2026-11-20,gpt-5.2,812000,90400\n",
        }

    def validate_statement(self, text: str) -> Statement:
        try:
            return read_statement(text.encode())
        except StatementInvalid as error:
            raise serializers.ValidationError(str(error)) from error


class StatedSerializer(CamelSerializer):
    """What one side says of a model; null where it says nothing of that."""

    requests = serializers.IntegerField(allow_null=True)
    prompt_tokens = serializers.IntegerField(source="prompt")
    generated_tokens = serializers.IntegerField(source="generated")
    cost_usd = serializers.DecimalField(
        source="cost", allow_null=True, max_digits=24, decimal_places=12
    )

    class Meta:
        example = {
            "requests": 1204,
            "promptTokens": 812_000,
            "generatedTokens": 90_400,
            "costUsd": "3.204000000000",
        }


class DriftSerializer(CamelSerializer):
    """How much more the provider counts, as a share of its own count: 0.01 is one in a hundred."""

    model = serializers.CharField()
    ours = StatedSerializer()
    theirs = StatedSerializer()
    token_drift = serializers.FloatField(allow_null=True)
    cost_drift = serializers.FloatField(allow_null=True)

    class Meta:
        example = {
            "model": "gpt-5.2",
            "ours": StatedSerializer.Meta.example,
            "theirs": StatedSerializer.Meta.example,
            "tokenDrift": 0.0,
            "costDrift": None,
        }


class ReconciliationSerializer(CamelSerializer):
    """The days that the export is of, both included and in UTC, and each model's drift."""

    first = serializers.DateField()
    last = serializers.DateField()
    models = DriftSerializer(many=True)

    class Meta:
        example = {
            "first": "2026-11-20",
            "last": "2026-11-20",
            "models": [DriftSerializer.Meta.example],
        }


class ReconciliationViewSet(ProjectViewSet):
    """Sets an export beside the ledger's sums, and keeps nothing of it."""

    queryset = UsageRecord.objects.none()
    serializer_class = ReconciliationSerializer
    permissions: ClassVar[Mapping[str, str]] = {"reconcile": "usage:ReconcileUsage"}

    @describe(ProvidersExportSerializer, {200: ReconciliationSerializer}, writes=False)
    def reconcile(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        read: dict[str, Any] = self.body(ProvidersExportSerializer).validated_data
        statement, provider = read["statement"], self._used(read["provider_id"])
        question = Question(statement.first, statement.last, provider=provider)
        ours = models_of(self.principal, self.project, question)
        told = {
            "first": statement.first,
            "last": statement.last,
            "models": drifts(statement, ours),
        }
        return Response(ReconciliationSerializer(told).data)

    def _used(self, provider: str) -> str:
        """Take a provider that was used within a year; it may have been deleted since."""
        today = timezone.now().date()
        lately = models_of(self.principal, self.project, Question(today - _LOOKED_BACK, today))
        if provider not in {line.id for line in lately}:
            raise ValidationError({"providerId": ["No provider of this id was used here."]})
        return provider
