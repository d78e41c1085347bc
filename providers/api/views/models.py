from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.impacts import Impacts
from accounts.api.schema import describe
from accounts.tenancy.views import Retrieving
from providers import tasks
from providers.api.serializers import (
    OperationSerializer,
    ProviderModelPatchSerializer,
    ProviderModelSerializer,
    RoutingSerializer,
)
from providers.api.views.answers import at_their_fields, told
from providers.models import ProviderModel
from providers.models.provider import Status
from providers.services import model_lists, routing


class ProviderModelViewSet(Impacts, Retrieving):
    """One model at one provider; the lists of them are their providers'."""

    queryset = ProviderModel.objects.select_related("provider__project")
    serializer_class = ProviderModelSerializer
    observed = ("testStatus", "testLatencyMs", "testMessage", "testedAt", "missingSince")
    on_project = frozenset({"set_active", "set_fallback"})
    permissions: ClassVar[Mapping[str, str]] = {
        "retrieve": "aiProviders:GetProviderModel",
        "impact": "aiProviders:GetProviderModelImpact",
        "partial_update": "aiProviders:UpdateProviderModel",
        "destroy": "aiProviders:DeleteProviderModel",
        "test": "aiProviders:TestProviderModel",
        "set_active": "aiProviders:SetActiveModel",
        "set_fallback": "aiProviders:SetFallbackModel",
        "reset": "aiProviders:ResetProviderModel",
    }

    @describe(ProviderModelPatchSerializer, {200: ProviderModelSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        values = self.body(ProviderModelPatchSerializer, partial=True).validated_data
        return self.change_row(lambda: self._change(values))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: model_lists.remove(self.target, by=self.principal))

    @describe(None, {202: OperationSerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.begin_work(lambda: tasks.begin_test(self.target, by=self.principal), tell=told)

    @describe(None, {200: RoutingSerializer})
    @action(detail=True, methods=["post"], url_path="set-active")
    def set_active(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self._route(model_lists.set_active)

    @describe(None, {200: RoutingSerializer})
    @action(detail=True, methods=["post"], url_path="set-fallback")
    def set_fallback(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self._route(model_lists.set_fallback)

    @describe(None, {200: ProviderModelSerializer})
    @action(detail=True, methods=["post"])
    def reset(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.change_row(lambda: model_lists.reset_to_catalog(self.target, by=self.principal))

    def _change(self, values: dict[str, Any]) -> None:
        status = values.pop("status", None)
        if values:
            for name, value in values.items():
                setattr(self.target, name, value)
            model_lists.change(self.target, by=self.principal)
        if status is not None and status != self.target.status:
            enabled = status == Status.ACTIVE
            model_lists.set_enabled(self.target, enabled=enabled, by=self.principal)

    def _route(self, choose: Any) -> Response:
        project = self.named_project()
        self.serializer_class = RoutingSerializer  # type: ignore[assignment]  # what is answered is the project's
        with at_their_fields():
            return self.change_row(
                lambda: choose(self.target, project, by=self.principal),
                telling=lambda: routing.of(project),
            )
