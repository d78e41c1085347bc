"""The rows of webhooks, with the menus that their rules leave."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from accounts.authority import Principal
from accounts.models import DeliveryState, Topic
from foundation.panels import MenuItem, Way
from providers.models import Webhook, WebhookDelivery
from providers.panels.menus import lacking

UPDATE, DELETE = "webhooks:UpdateWebhook", "webhooks:DeleteWebhook"


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """`last` is what was tried last."""

    webhook: Webhook
    url: str
    topics: tuple[str, ...]
    last: WebhookDelivery | None
    menu: tuple[MenuItem, ...]

    @property
    def is_failing(self) -> bool:
        last = self.last
        return last is not None and bool(last.attempts) and last.state != DeliveryState.SENT


def webhook_rows(webhooks: Iterable[Webhook], principal: Principal) -> tuple[WebhookRow, ...]:
    """Give each webhook a row, in one query more for all of them."""
    rows = list(webhooks)
    last = _last_of(rows)
    return tuple(_row(webhook, last.get(webhook.pk), principal) for webhook in rows)


def _last_of(webhooks: list[Webhook]) -> dict[int, WebhookDelivery]:
    newest = WebhookDelivery.objects.newest_of(webhooks)
    return {delivery.webhook_id: delivery for delivery in newest}


def _row(webhook: Webhook, last: WebhookDelivery | None, principal: Principal) -> WebhookRow:
    may_not = lacking(principal, UPDATE, webhook)
    menu = (
        MenuItem("Edit", _page("edit", webhook), Way.ASK, may_not),
        MenuItem("Send test", _page("test", webhook), Way.DO, may_not),
        MenuItem("Rotate secret", _page("rotate", webhook), Way.ASK, may_not),
        MenuItem(
            "Delete",
            _page("delete", webhook),
            Way.ASK,
            lacking(principal, DELETE, webhook),
            is_dangerous=True,
        ),
    )
    topics = tuple(str(Topic(topic).label) for topic in webhook.topics)
    return WebhookRow(webhook, _page("change", webhook), topics, last, menu)


def _page(name: str, webhook: Webhook) -> str:
    return reverse(f"admin:providers_webhook_{name}", args=[webhook.public_id])
