"""Verbs on webhooks: add, change, rotate, remove, test; and posting what is due to them.

What is posted and how it is signed follows the conventions of standardwebhooks.com.
"""

import base64
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import DeliveryState, Notice, Project, Topic
from accounts.services import notices
from foundation.crypto.envelope import CannotOpen
from foundation.egress import CannotResolve, EgressError, resolve
from providers.kinds.client import CallFailed, Client
from providers.kinds.vocabulary import Request
from providers.models import EgressRule, Webhook, WebhookDelivery
from providers.models.webhook import SECRET_PREFIX, usual_topics

TIMEOUT_S: Final = 15
_MOST_ANSWER: Final = 65_536
_NOT_CLEANED: Final = ["ciphertext", "wrapped_key", "key"]


@dataclass(frozen=True, slots=True)
class WebhookDraft:
    """What somebody wants a webhook to be."""

    name: str
    url: str
    topics: tuple[str, ...] = ()
    is_enabled: bool = True


def usual_draft() -> WebhookDraft:
    return WebhookDraft("", "", tuple(usual_topics()))


def draft_of(webhook: Webhook) -> WebhookDraft:
    return WebhookDraft(webhook.name, webhook.url, tuple(webhook.topics), webhook.is_enabled)


def check(draft: WebhookDraft, *, project: Project) -> None:
    """Refuse an address that may not be called, at its field; one not found may come up later.

    It looks the host up: call it outside a transaction.
    """
    try:
        resolve(draft.url.strip(), EgressRule.objects.policy_for(project))
    except CannotResolve:
        return  # each delivery is checked again
    except EgressError as error:
        raise ValidationError({"url": str(error)}) from error


def add(draft: WebhookDraft, *, project: Project, by: Actor) -> tuple[Webhook, str]:
    """Store a new webhook and give its signing secret, which nothing can show again.

    Raises ValidationError with each field's reason, and stores nothing then.
    """
    webhook = Webhook(project=project)
    with transaction.atomic():
        secret = webhook.renew_secret()
        _keep(webhook, draft)
        audit.record(by, "webhooks:CreateWebhook", webhook, before=None, after=webhook.told())
    return webhook, secret


def change(webhook: Webhook, draft: WebhookDraft, *, by: Actor) -> None:
    """Make it what the draft says; what waits goes to the new address."""
    with transaction.atomic():
        before = Webhook.objects.get(pk=webhook.pk).told()
        _keep(webhook, draft)
        audit.record(by, "webhooks:UpdateWebhook", webhook, before=before, after=webhook.told())


@transaction.atomic
def rotate(webhook: Webhook, *, by: Actor, now: datetime) -> str:
    """Give another signing secret; for a day the one until now signs along."""
    secret = webhook.renew_secret()
    webhook.rotated_at = now
    webhook.save(update_fields=["ciphertext", "wrapped_key", "key", "rotated_at"])
    after = {"secret": "rotated"}
    audit.record(by, "webhooks:RotateWebhookSecret", webhook, before=None, after=after)
    return secret


@transaction.atomic
def remove(webhook: Webhook, *, by: Actor) -> None:
    """Delete it; what is still on its way there goes along."""
    audit.record(by, "webhooks:DeleteWebhook", webhook, before=webhook.told(), after=None)
    webhook.delete()


@transaction.atomic
def begin_test(webhook: Webhook, *, by: Actor, now: datetime) -> WebhookDelivery:
    """Queue a message that says it is a test, or give the one that is on its way."""
    pending = webhook.deliveries.filter(notice=None, state=DeliveryState.PENDING)
    under_way: WebhookDelivery | None = pending.first()
    if under_way:
        return under_way
    webhook.deliveries.filter(notice=None, created_at__lt=now - Notice.RETENTION).delete()
    audit.record(by, "webhooks:TestWebhook", webhook, before=None, after=webhook.told())
    delivery = WebhookDelivery(webhook=webhook, created_at=now, due_at=now)
    delivery.save(force_insert=True)
    return delivery


def queue(notice: Notice) -> None:
    """Put a notice on its way to each webhook that wants it, in the notice's transaction."""
    if notice.project is None:
        return
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=webhook, notice=notice, created_at=notice.at, due_at=notice.at)
        for webhook in Webhook.objects.wanting(notice)
    )


def post(delivery_pk: int, *, now: datetime) -> None:
    """Try to post one delivery; not inside a transaction. Nothing where another worker is at it."""
    delivery: WebhookDelivery | None = WebhookDelivery.objects.take(delivery_pk, now=now)
    if delivery is None:
        return
    why_not = _why_not(delivery)
    if why_not:
        delivery.drop(why_not, now=now)
        return
    failure = _call(delivery, now=now)
    if failure is None:
        delivery.note_sent("It was taken.", now=now)
    elif delivery.notice is None:
        delivery.drop(failure, now=now)  # somebody waits for what a test says
    elif delivery.note_failed(failure, now=now):
        _tell_given_up(delivery, failure, now=now)


def signature_of(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Sign as Standard Webhooks does: ``v1,`` and the base64 of HMAC-SHA256."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def body_of(delivery: WebhookDelivery) -> dict[str, Any]:
    """Say what is posted; the receiver knows by `id` what it has had already."""
    notice, project = delivery.notice, delivery.webhook.project
    told: dict[str, Any] = {
        "id": notice.public_id if notice else delivery.public_id,
        "topic": notice.topic if notice else "test",
        "message": notice.message if notice else f"A test of the webhook {delivery.webhook}.",
        "project": {"id": project.public_id, "name": project.name},
        "at": (notice.at if notice else delivery.created_at).isoformat(),
        "about": notice.about if notice else delivery.webhook.public_id,
    }
    return told | ({"url": notices.page_of(notice)} if notice else {})


def _keep(webhook: Webhook, draft: WebhookDraft) -> None:
    webhook.name, webhook.url = draft.name.strip(), draft.url.strip()
    webhook.topics = [topic for topic in usual_topics() if topic in draft.topics]
    webhook.topics += sorted({*draft.topics} - {*usual_topics()})
    webhook.is_enabled = draft.is_enabled
    webhook.full_clean(exclude=_NOT_CLEANED)
    webhook.save()


def _why_not(delivery: WebhookDelivery) -> str:
    """Say why nothing is sent any more; empty where it is. A test goes to one that is off, too."""
    if delivery.webhook.project.is_archived:
        return "The project is archived."
    if delivery.notice is not None and not delivery.webhook.is_enabled:
        return "The webhook was switched off."
    return ""


def _call(delivery: WebhookDelivery, *, now: datetime) -> str | None:
    """Post it, and say why it was not taken; None where it was."""
    client = Client(EgressRule.objects.policy_for(delivery.webhook.project))
    try:
        request = _request(delivery, now=now)
        answer = client.send(request, timeout_s=TIMEOUT_S, max_body=_MOST_ANSWER)
    except CannotOpen:
        return "No key here opens its signing secret: rotate it."
    except CallFailed as error:
        return error.message.replace("base URL", "URL")
    return None if answer.is_ok else f"It answered HTTP {answer.status}."


def _request(delivery: WebhookDelivery, *, now: datetime) -> Request:
    told, timestamp = body_of(delivery), int(now.timestamp())
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    secrets: Iterable[str] = delivery.webhook.signing_secrets(now=now)
    signatures = (signature_of(secret, told["id"], timestamp, body) for secret in secrets)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": told["id"],
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
    return Request("POST", delivery.webhook.url, headers, body)


def _tell_given_up(delivery: WebhookDelivery, why: str, *, now: datetime) -> None:
    """Say it in the portal, once a day for each webhook: one that is away misses much at once."""
    webhook = delivery.webhook
    notices.tell(
        webhook.project,
        topic=Topic.DELIVERIES,
        message=f"The webhook {webhook} did not take “{delivery.notice}” for a day: {why}",
        key=f"{webhook.public_id} given up {now:%Y-%m-%d}",
        at=now,
        about=webhook.public_id,
    )
