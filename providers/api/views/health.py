from collections.abc import Mapping
from typing import ClassVar

from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import CamelModelSerializer
from accounts.models import Project
from accounts.tenancy.views import ProjectViewSet
from providers.models import HealthCheck, RoutingEvent


class HealthCheckSerializer(CamelModelSerializer):
    """What one check saw of a provider."""

    provider_id = serializers.CharField(source="provider.public_id")
    model_id = serializers.CharField(source="model.public_id", allow_null=True, default=None)

    class Meta:
        model = HealthCheck
        fields = (
            *("provider_id", "model_id", "checked_at", "state"),
            *("latency_ms", "error_class", "message", "is_paid", "cost"),
        )
        example = {
            "providerId": "aip_4fT9xQ2LmB7cVw1Z",
            "modelId": None,
            "checkedAt": "2026-11-20T09:30:00Z",
            "state": "reachable",
            "latencyMs": 84,
            "errorClass": "",
            "message": "OpenAI answered in 84 ms.",
            "isPaid": False,
            "cost": None,
        }


class HealthCheckFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    providerId = filters.CharFilter(field_name="provider__public_id")  # noqa: N815 - as clients write it


class HealthChecksViewSet(ProjectViewSet):
    """What checks saw of a project's providers in the last month; the newest first."""

    queryset = Project.objects.all()
    serializer_class = HealthCheckSerializer
    filter_backends = (filters.DjangoFilterBackend,)
    filterset_class = HealthCheckFilter
    permissions: ClassVar[Mapping[str, str]] = {"list": "routing:ListHealthChecks"}

    def list(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        visible = HealthCheck.objects.visible_to(self.principal).for_project(self.project)
        rows = visible.select_related("provider", "model").newest_first()
        return self.page_of(self.filter_queryset(rows))


class RoutingEventSerializer(CamelModelSerializer):
    """One transition in a project's health or mode; a notice is what people were told of."""

    id = serializers.CharField(source="public_id")

    class Meta:
        model = RoutingEvent
        fields = ("id", "event", "message", "is_notice", "at")
        example = {
            "id": "rev_4fT9xQ2LmB7cVw1Z",
            "event": "to_fallback",
            "message": "gpt-4o at OpenAI fails: requests go to sonnet at Anthropic for now.",
            "isNotice": True,
            "at": "2026-11-20T09:30:00Z",
        }


class RoutingEventsViewSet(ProjectViewSet):
    """What happened to a project's health and mode; the newest first."""

    queryset = Project.objects.all()
    serializer_class = RoutingEventSerializer
    filterset_class = None
    permissions: ClassVar[Mapping[str, str]] = {"list": "routing:ListRoutingEvents"}

    def list(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        visible = RoutingEvent.objects.visible_to(self.principal).for_project(self.project)
        return self.page_of(visible.newest_first())
