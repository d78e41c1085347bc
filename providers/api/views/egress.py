from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.api.serializers import CamelModelSerializer, CamelSerializer
from accounts.tenancy.views import Listing, Retrieving
from providers.models import EgressRule
from providers.services import egress

_EXAMPLE: dict[str, Any] = {
    "id": "egr_7kLm2NpQ4rSt6UvX",
    "projectId": None,
    "target": "gpu.internal.example.com",
    "port": 8000,
    "reason": "The model server in our own rack.",
    "createdAt": "2026-11-20T09:00:00Z",
}


class EgressRuleSerializer(CamelModelSerializer):
    """An address that providers may be reached at although the policy refuses it by itself."""

    id = serializers.CharField(source="public_id")
    project_id = serializers.CharField(source="project.public_id", allow_null=True, default=None)

    class Meta:
        model = EgressRule
        fields = ("id", "project_id", "target", "port", "reason", "created_at")
        example = _EXAMPLE


class EgressRulePatchSerializer(CamelSerializer):
    """What to permit and why; for whom it counts was said when it was made."""

    target = serializers.CharField(
        max_length=253, help_text="A host name, an address or a CIDR range."
    )
    port = serializers.IntegerField(
        min_value=1, max_value=65535, required=False, allow_null=True, help_text="null: every port."
    )
    reason = serializers.CharField(max_length=200)

    class Meta:
        example = {"reason": "The model server in our own rack."}


class EgressRuleDraftSerializer(EgressRulePatchSerializer):
    """A rule to be, for one project; null is for the whole instance."""

    project_id = serializers.CharField(required=False, allow_null=True)

    class Meta:
        example = {name: _EXAMPLE[name] for name in ("projectId", "target", "port", "reason")}


class WantedUrlSerializer(CamelSerializer):
    url = serializers.CharField(max_length=2048)

    class Meta:
        example = {"url": "https://gpu.internal.example.com:8000/v1"}


class VerdictSerializer(CamelSerializer):
    """Whether the URL may be called, at which address, and why not; nothing was called."""

    is_allowed = serializers.BooleanField()
    address = serializers.CharField()
    reason = serializers.CharField()

    class Meta:
        example = {"isAllowed": True, "address": "10.1.2.3 port 8000", "reason": ""}


class EgressRuleViewSet(Listing, Retrieving):
    """The rules of egress, for staff alone."""

    queryset = EgressRule.objects.select_related("project").order_by("target", "port", "pk")
    serializer_class = EgressRuleSerializer
    filter_backends = (SearchFilter,)
    search_fields = ("target", "reason")
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "egress:ListEgressRules",
        "retrieve": "egress:GetEgressRule",
        "create": "egress:CreateEgressRule",
        "partial_update": "egress:UpdateEgressRule",
        "destroy": "egress:DeleteEgressRule",
        "test": "egress:TestEgress",
    }

    @describe(EgressRuleDraftSerializer, {201: EgressRuleSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        sent = dict(self.body(EgressRuleDraftSerializer).validated_data)
        sent.pop("project_id", None)
        rule = EgressRule(project=self.project, **sent)
        return self.create_row(lambda: egress.store(rule, by=self.principal))

    @describe(EgressRulePatchSerializer, {200: EgressRuleSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        sent = self.body(EgressRulePatchSerializer, partial=True).validated_data
        return self.change_row(lambda: self._change(sent))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: egress.remove(self.target, by=self.principal))

    @describe(WantedUrlSerializer, {200: VerdictSerializer}, writes=False)
    @action(detail=False, methods=["post"])
    def test(self, request: Request) -> Response:  # noqa: ARG002
        url = self.body(WantedUrlSerializer).validated_data["url"]
        return Response(VerdictSerializer(egress.verdict_on(url, self.project)).data)

    def _change(self, sent: Mapping[str, Any]) -> None:
        for name, value in sent.items():
            setattr(self.target, name, value)
        egress.store(self.target, by=self.principal)
