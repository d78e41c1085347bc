from collections.abc import Mapping
from typing import ClassVar

from django.db import transaction
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.tenancy.views import Listing, Retrieving
from providers import tasks
from providers.api.serializers import OperationSerializer
from providers.api.views.filters import OperationFilter
from providers.models import Operation


class OperationViewSet(Listing, Retrieving):
    """Work in the background: its state, progress and result; the newest first."""

    queryset = Operation.objects.select_related("project")
    serializer_class = OperationSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = OperationFilter
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "operations:ListOperations",
        "retrieve": "operations:GetOperation",
        "cancel": "operations:CancelOperation",
    }

    @describe(None, {200: OperationSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return self.change_row(self._cancel)

    def _cancel(self) -> None:
        self.target.cancel(by=self.principal)
        transaction.on_commit(lambda: tasks.call_next(self.target.lane))
