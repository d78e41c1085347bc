from collections.abc import Mapping
from typing import ClassVar

from django_filters import rest_framework as filters
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.impacts import Impacts
from accounts.api.schema import describe
from accounts.tenancy.views import Listing, Retrieving
from gateway.api.serializers.models import (
    ModelDraftSerializer,
    ModelPatchSerializer,
    ModelSerializer,
)
from gateway.api.views.answers import at_their_fields
from gateway.models import Model, ModelStatus
from gateway.services import facades
from gateway.services.facades import ModelDraft
from providers.models import ModelKind


class ModelFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    kind = filters.ChoiceFilter(choices=ModelKind.choices)
    status = filters.ChoiceFilter(choices=ModelStatus.choices)


class ModelViewSet(Impacts, Listing, Retrieving):
    """The facades of a project, and the shared ones that are granted to it."""

    queryset = Model.objects.with_backends().by_slug()
    serializer_class = ModelSerializer
    filter_backends = (DjangoFilterBackend, SearchFilter)
    filterset_class = ModelFilter
    search_fields = ("slug", "name")
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "models:ListModels",
        "retrieve": "models:GetModel",
        "impact": "models:GetModelImpact",
        "create": "models:CreateModel",
        "partial_update": "models:UpdateModel",
        "destroy": "models:DeleteModel",
    }

    @describe(ModelDraftSerializer, {201: ModelSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        draft = self.body(ModelDraftSerializer).draft()
        with at_their_fields():
            return self.create_row(
                lambda: facades.add(draft, project=self.project, by=self.principal)
            )

    @describe(ModelPatchSerializer, {200: ModelSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        body = self.body(ModelPatchSerializer, partial=True)
        draft, status = body.draft_over(self.target), body.validated_data.get("status")
        with at_their_fields():
            return self.change_row(lambda: self._change(draft, status), telling=self.reread)

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: facades.remove(self.target, by=self.principal))

    def _change(self, draft: ModelDraft | None, status: str | None) -> None:
        if draft is not None:
            facades.change(self.target, draft, by=self.principal)
        if status is not None and status != self.target.status:
            facades.set_status(self.target, status, by=self.principal)
