from collections.abc import Mapping
from typing import ClassVar

from django_filters import rest_framework as filters
from rest_framework import serializers

from accounts.api.serializers import CamelModelSerializer
from accounts.models import DeliveryState, EmailDelivery
from accounts.tenancy.views import Listing


class EmailDeliverySerializer(CamelModelSerializer):
    """One notice on its way into one person's mailbox."""

    id = serializers.CharField(source="public_id")
    notice_id = serializers.CharField(source="notice.public_id")
    email = serializers.CharField(source="user.email")

    class Meta:
        model = EmailDelivery
        fields = (
            *("id", "notice_id", "email", "state", "attempts", "message"),
            *("created_at", "due_at", "finished_at"),
        )
        example = {
            "id": "dlv_6yTr4EwQ2sDf8GhJ",
            "noticeId": "ntc_4hJk7LmN2pQr9StV",
            "email": "ada@example.com",
            "state": "pending",
            "attempts": 1,
            "message": "The mail server did not take it (SMTPServerDisconnected).",
            "createdAt": "2026-11-20T09:30:00Z",
            "dueAt": "2026-11-20T09:30:31Z",
            "finishedAt": None,
        }


class DeliveryFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    """Narrow by where it stands."""

    state = filters.ChoiceFilter(choices=DeliveryState.choices)


class EmailDeliveryViewSet(Listing):
    """Which notices went out by email, to whom, and why some did not; the newest first."""

    queryset = EmailDelivery.objects.select_related("notice", "user").newest_first()
    serializer_class = EmailDeliverySerializer
    filter_backends = (filters.DjangoFilterBackend,)
    filterset_class = DeliveryFilter
    permissions: ClassVar[Mapping[str, str]] = {"list": "notices:ListEmailDeliveries"}
