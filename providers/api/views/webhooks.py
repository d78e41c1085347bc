from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import describe
from accounts.tenancy.views import Listing, Retrieving
from providers import webhook_tasks
from providers.api.serializers.webhooks import (
    IssuedWebhookSerializer,
    WebhookDeliverySerializer,
    WebhookDraftSerializer,
    WebhookPatchSerializer,
    WebhookSerializer,
)
from providers.api.views.answers import at_their_fields
from providers.models import Webhook
from providers.services import webhooks


class WebhookViewSet(Listing, Retrieving):
    """Where a project's notices are posted to."""

    queryset = Webhook.objects.select_related("project").order_by("name", "pk")
    serializer_class: Any = WebhookSerializer
    filter_backends = (SearchFilter,)
    search_fields = ("name",)
    shown_once = ("secret",)
    permissions: ClassVar[Mapping[str, str]] = {
        "list": "webhooks:ListWebhooks",
        "retrieve": "webhooks:GetWebhook",
        "create": "webhooks:CreateWebhook",
        "partial_update": "webhooks:UpdateWebhook",
        "destroy": "webhooks:DeleteWebhook",
        "rotate": "webhooks:RotateWebhookSecret",
        "test": "webhooks:TestWebhook",
        "deliveries": "webhooks:ListWebhookDeliveries",
    }

    @describe(WebhookDraftSerializer, {201: IssuedWebhookSerializer})
    def create(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        draft, project = self.body(WebhookDraftSerializer).draft(), self.named_project()
        self.serializer_class = IssuedWebhookSerializer
        with at_their_fields():
            webhooks.check(draft, project=project)
            return self.create_row(
                lambda: _with_secret(*webhooks.add(draft, project=project, by=self.principal))
            )

    @describe(WebhookPatchSerializer, {200: WebhookSerializer})
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002 - the route's word
        draft = self.body(WebhookPatchSerializer, partial=True).draft_over(self.target)
        with at_their_fields():
            webhooks.check(draft, project=self.target.project)
            return self.change_row(lambda: webhooks.change(self.target, draft, by=self.principal))

    @describe(None, {204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        return self.delete_row(lambda: webhooks.remove(self.target, by=self.principal))

    @describe(None, {200: IssuedWebhookSerializer})
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        self.serializer_class = IssuedWebhookSerializer
        self.target.issued_secret = None

        def act() -> None:
            secret = webhooks.rotate(self.target, by=self.principal, now=timezone.now())
            self.target = _with_secret(self.target, secret)

        return self.change_row(act)

    @describe(None, {202: WebhookDeliverySerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        def act() -> Any:
            now = timezone.now()
            delivery = webhooks.begin_test(self.target, by=self.principal, now=now)
            webhook_tasks.post_soon(delivery)
            return delivery

        return self.begin_work(act, tell=lambda row: WebhookDeliverySerializer(row).data)

    @describe(None, {200: WebhookDeliverySerializer(many=True)})
    @action(detail=True, methods=["get"], filter_backends=())
    def deliveries(self, request: Request, id: str) -> Response:  # noqa: A002, ARG002
        self.serializer_class = WebhookDeliverySerializer
        sent = self.target.deliveries.select_related("notice")
        return self.page_of(sent.order_by("-created_at", "-pk"))


def _with_secret(webhook: Any, secret: str) -> Webhook:
    webhook.issued_secret = secret  # carried to the answer, and no further
    found: Webhook = webhook
    return found
