from collections.abc import Mapping
from typing import ClassVar

from django_filters import rest_framework as filters
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.impacts import Impacts
from accounts.api.schema import describe
from accounts.tenancy.views import Listing, Retrieving
from gateway.api.serializers.access_grants import (
    AccessGrantDraftSerializer,
    AccessGrantSerializer,
)
from gateway.api.views.answers import at_their_fields
from gateway.models import AccessGrant
from gateway.services import access


class AccessGrantFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    modelId = filters.CharFilter(field_name="model__public_id")  # noqa: N815 - as clients write it
    providerId = filters.CharFilter(field_name="provider__public_id")  # noqa: N815 - as above
    userId = filters.CharFilter(field_name="user__public_id")  # noqa: N815 - as above


class AccessGrantViewSet(Impacts, Listing, Retrieving):
    """Who may call a facade, or the models of a shared provider; given and taken back."""

    queryset = AccessGrant.objects.with_names()
    serializer_class = AccessGrantSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = AccessGrantFilter
    names_project = False  # a body's project is whom to grant
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "accessGrants:ListAccessGrants",
        "retrieve": "accessGrants:GetAccessGrant",
        "impact": "accessGrants:GetAccessGrantImpact",
        "create": "accessGrants:CreateAccessGrant",
        "destroy": "accessGrants:DeleteAccessGrant",
    }

    @describe(AccessGrantDraftSerializer, {201: AccessGrantSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        grant = self.body(AccessGrantDraftSerializer).grant()
        with at_their_fields():
            return self.create_row(lambda: access.give(grant, by=self.principal))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        return self.delete_row(lambda: access.take_back(self.target, by=self.principal))
