from collections.abc import Mapping
from typing import ClassVar

from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.filters import SearchFilter

from accounts.api.filters import MomentFilter
from accounts.api.serializers import CamelModelSerializer
from accounts.models import AuditEvent, Outcome
from accounts.tenancy.views import Listing, Retrieving


class AuditEventSerializer(CamelModelSerializer):
    """Who did what, and what changed by it; secrets are fingerprints."""

    id = serializers.CharField(source="public_id")
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)

    class Meta:
        model = AuditEvent
        fields = (
            *("id", "at", "actor_id", "actor_name", "key_id", "action", "outcome"),
            *("project_id", "project_name", "target_type", "target_id", "target_name"),
            *("before", "after", "request_id", "previous_hash", "hash"),
        )
        example = {
            "id": "aud_3eDc5RfV7tGb9YhN",
            "at": "2026-11-20T09:30:00Z",
            "actorId": "usr_5gHj8KlQ2wErTy7U",
            "actorName": "ada@example.com",
            "keyId": "",
            "action": "aiProviders:UpdateAiProvider",
            "outcome": "allowed",
            "projectId": "prj_8sKd03HfTq5LxY2n",
            "projectName": "Research",
            "targetType": "provider",
            "targetId": "aip_4fT9xQ2LmB7cVw1Z",
            "targetName": "OpenAI",
            "before": {"name": "OpenAI"},
            "after": {"name": "OpenAI, research"},
            "requestId": "req_1qAz2wSx3eDc4rFv",
            "previousHash": "… (64 hexadecimal digits)",
            "hash": "… (64 hexadecimal digits)",
        }


class AuditFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    """Narrow by who, what, which object and when; `since` counts, `until` does not."""

    action = filters.CharFilter()
    outcome = filters.ChoiceFilter(choices=Outcome.choices)
    actorId = filters.CharFilter(field_name="actor_id")  # noqa: N815 - as clients write it
    keyId = filters.CharFilter(field_name="key_id")  # noqa: N815
    targetId = filters.CharFilter(field_name="target_id")  # noqa: N815
    requestId = filters.CharFilter(field_name="request_id")  # noqa: N815
    since = MomentFilter(field_name="at", lookup_expr="gte")
    until = MomentFilter(field_name="at", lookup_expr="lt")


class AuditViewSet(Listing, Retrieving):
    """The record of every change and every refused attempt; the newest first."""

    queryset = AuditEvent.objects.order_by("-sequence")
    serializer_class = AuditEventSerializer
    filter_backends = (filters.DjangoFilterBackend, SearchFilter)
    filterset_class = AuditFilter
    search_fields = ("actor_name", "target_name", "action")
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "audit:ListAuditEvents",
        "retrieve": "audit:GetAuditEvent",
    }
