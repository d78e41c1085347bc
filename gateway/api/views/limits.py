from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from django_filters import rest_framework as filters
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.impacts import Impacts
from accounts.api.schema import describe
from accounts.tenancy.views import Listing, Retrieving
from gateway.api.serializers.limits import (
    LimitDraftSerializer,
    LimitPatchSerializer,
    LimitSerializer,
    attach_uses,
)
from gateway.api.views.answers import at_their_fields
from gateway.models import Limit
from gateway.models.limit import MEASURES
from gateway.services import limits
from gateway.services.limits import Scope


class LimitFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    agentId = filters.CharFilter(field_name="agent__public_id")  # noqa: N815 - as clients write it
    keyId = filters.CharFilter(field_name="key__public_id")  # noqa: N815 - as above
    measure = filters.ChoiceFilter(choices=MEASURES)


class LimitViewSet(Impacts, Listing, Retrieving):
    """How much a project, its agents and its keys may use of the gateway."""

    queryset = Limit.objects.with_subject().by_name()
    serializer_class = LimitSerializer
    filter_backends = (DjangoFilterBackend, SearchFilter)
    filterset_class = LimitFilter
    search_fields = ("name",)
    observed = ("use",)
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "limits:ListLimits",
        "retrieve": "limits:GetLimit",
        "impact": "limits:GetLimitImpact",
        "create": "limits:CreateLimit",
        "partial_update": "limits:UpdateLimit",
        "destroy": "limits:DeleteLimit",
    }

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        attach_uses(page or ())
        return page

    @describe(LimitDraftSerializer, {201: LimitSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        body, project = self.body(LimitDraftSerializer), self.named_project()
        sent: dict[str, Any] = body.validated_data
        scope = Scope(project, sent["measure"], agent=sent["agent"], key=sent["key"])
        draft, now = body.draft(), timezone.now()
        with at_their_fields():
            return self.create_row(lambda: limits.add(draft, scope, by=self.principal, now=now))

    @describe(LimitPatchSerializer, {200: LimitSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        draft = self.body(LimitPatchSerializer, partial=True).draft_over(self.target)
        now = timezone.now()
        with at_their_fields():
            return self.change_row(
                lambda: limits.change(self.target, draft, by=self.principal, now=now)
            )

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: limits.remove(self.target, by=self.principal))
