from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models.functions import Lower
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.tenancy.views import Listing
from providers.api.serializers import (
    CatalogChangeSerializer,
    CatalogEntrySerializer,
    change_told,
)
from providers.api.views.filters import CatalogFilter
from providers.models import CatalogEntry
from providers.services import catalog


class CatalogViewSet(Listing):
    """The reference data, for staff: what it holds, and what a release would change in it."""

    queryset = CatalogEntry.objects.order_by("provider_kind", Lower("name"), "pk")
    serializer_class = CatalogEntrySerializer
    filter_backends = (DjangoFilterBackend, SearchFilter)
    filterset_class = CatalogFilter
    search_fields = ("name", "model_id")
    names_project: ClassVar[bool] = False
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "catalog:ListCatalog",
        "preview": "catalog:PreviewCatalog",
        "sync": "catalog:SyncCatalog",
    }

    @describe(None, {200: CatalogChangeSerializer})
    @action(detail=False)
    def preview(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        return Response(change_told(catalog.preview()))

    @describe(None, {200: CatalogChangeSerializer})
    @action(detail=False, methods=["post"])
    def sync(self, request: Request) -> Response:  # noqa: ARG002
        return self.act(self._sync)

    def _sync(self) -> dict[str, Any]:
        return change_told(catalog.sync(by=self.principal))
