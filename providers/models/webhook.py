"""Where a project's notices are posted to, and each of them on its way there."""

import base64
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef, Q, Subquery

from accounts.models import Notice, Project, Topic
from accounts.models.delivery import Delivery, DeliveryQuerySet, DeliveryState
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from providers.models.sealed import Sealed

MOST_WEBHOOKS: Final = 10  # in one project: each notice is a call to each of them
OVERLAP: Final = timedelta(hours=24)
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the start of every secret, not one
_SECRET_BYTES: Final = 32
# Who can't be reached is not told there that it can't be reached.
TOPICS: Final = tuple(topic for topic in Topic if topic is not Topic.DELIVERIES)


def usual_topics() -> list[str]:
    return [topic.value for topic in TOPICS]


class WebhookQuerySet(WalledQuerySet["Webhook"]):
    def wanting(self, notice: Notice) -> "list[Webhook]":
        """Give those of the notice's project that are on and chose its topic."""
        mine = self.filter(project=notice.project, is_enabled=True)
        return [webhook for webhook in mine if notice.topic in webhook.topics]


class Webhook(Sealed, TenantModel):
    """An address of the project's own that its notices are posted to, signed."""

    public_id = PublicIdField(prefix="whk")
    name = models.CharField(max_length=100)
    url = models.CharField("URL", max_length=2048)
    topics: "models.JSONField[Any, Any]" = models.JSONField(default=usual_topics)
    is_enabled = models.BooleanField("enabled", default=True)
    rotated_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("project", "name"),
                name="webhook_name_once_in_project",
                violation_error_message="This project already has a webhook of that name.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def sealed_for(self) -> Project | None:
        return self.project

    @property
    def sealed_as(self) -> str:
        return self.public_id

    @property
    def origin(self) -> str:
        """Scheme and host of its address; the path may be what lets one in there."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def renew_secret(self) -> str:
        """Seal a new signing secret and give it; the caller saves. The old one signs along."""
        secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
        old = self.unsealed()["secret"] if self.ciphertext else ""
        self.seal_values({"secret": secret, "previous": old})
        return secret

    def signing_secrets(self, *, now: datetime) -> tuple[str, ...]:
        """Give what to sign with: for a day after a change, the one before as well.

        Raises CannotOpen where no key that is here opens them.
        """
        values = self.unsealed()
        overlaps = self.rotated_at is not None and now < self.rotated_at + OVERLAP
        previous = values["previous"] if overlaps else ""
        return tuple(filter(None, (values["secret"], previous)))

    def clean(self) -> None:
        unknown = sorted({*map(str, self.topics)} - {*usual_topics()})
        if unknown:
            raise ValidationError({"topics": f"There is no topic {unknown[0]} for webhooks."})
        if not self.topics:
            raise ValidationError({"topics": "Choose a topic, or switch the webhook off."})
        others = Webhook.objects.filter(project=self.project).exclude(pk=self.pk)
        if others.count() >= MOST_WEBHOOKS:
            raise ValidationError(f"A project has at most {MOST_WEBHOOKS} webhooks.")

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a webhook; of its address the host alone."""
        return {
            "name": self.name,
            "host": self.origin,
            "topics": list(self.topics),
            "enabled": self.is_enabled,
        }


class WebhookDeliveryQuerySet(DeliveryQuerySet):
    project_path = "webhook__project"

    def with_what_is_sent(self) -> Self:
        return self.select_related("webhook__project", "webhook__key", "notice")

    def newest_of(self, webhooks: Iterable[Webhook]) -> Self:
        """Keep the newest of each of these webhooks."""
        newest = self.filter(webhook=OuterRef("webhook")).newest_first().values("pk")[:1]
        return self.filter(webhook__in=webhooks, pk=Subquery(newest))


class WebhookDelivery(Delivery):
    """One notice on its way to one webhook; without a notice it is a test."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    notice = models.ForeignKey(
        Notice, on_delete=models.CASCADE, null=True, related_name="webhook_deliveries"
    )

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("webhook", "notice"), name="notice_posted_once"),
        )
        indexes = (
            models.Index(
                fields=("due_at",), condition=Q(state=DeliveryState.PENDING), name="post_due"
            ),
            models.Index(fields=("webhook", "-created_at"), name="deliveries_of_webhook"),
        )

    def __str__(self) -> str:
        return f"{self.notice or 'a test'} to {self.webhook}"
