"""How far the audit's chain was found unbroken, and the wish to have it walked now."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import tasks
from accounts.api.schema import describe
from accounts.api.serializers import CamelSerializer
from accounts.authority import may
from accounts.models import AuditEvent, AuditHead
from accounts.models.audit import Chain
from accounts.tenancy.views import ProjectViewSet


class AuditVerificationSerializer(CamelSerializer):
    """What the last walk over the chain found.

    The chain is one for all projects: how long it is, and where it breaks, is told to staff alone.
    """

    state = serializers.ChoiceField(choices=Chain.choices)
    verified_at = serializers.DateTimeField(allow_null=True)
    verified_events = serializers.IntegerField(allow_null=True)
    recorded_events = serializers.IntegerField(allow_null=True)
    broken = serializers.CharField(
        allow_null=True, help_text="Where it breaks first; empty where it holds."
    )

    class Meta:
        example = {
            "state": "holds",
            "verifiedAt": "2026-11-20T09:30:00Z",
            "verifiedEvents": 48213,
            "recordedEvents": 48215,
            "broken": "",
        }


class AuditVerificationViewSet(ProjectViewSet):
    """The proof that nobody rewrote the audit."""

    queryset = AuditEvent.objects.none()
    serializer_class = AuditVerificationSerializer
    names_project: ClassVar[bool] = False
    permissions: ClassVar[Mapping[str, str]] = {
        "found": "audit:GetAuditVerification",
        "verify": "audit:VerifyAudit",
    }

    @describe(None, {200: AuditVerificationSerializer})
    def found(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        return Response(self._told())

    @describe(None, {202: AuditVerificationSerializer})
    def verify(self, request: Request) -> Response:  # noqa: ARG002
        """Let a worker walk the chain; read it until `verifiedAt` is later than in this answer."""
        return self.begin_work(tasks.queue_verification, tell=lambda _: self._told())

    def _told(self) -> Mapping[str, Any]:
        in_full = may(self.principal, self.permissions["verify"])
        return AuditVerificationSerializer(AuditHead.verification(in_full=in_full)).data
