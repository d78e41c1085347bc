"""What workers do for webhooks. Tasks carry ids and run twice safely."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from accounts.queueing import to_the_queue
from providers.models import WebhookDelivery
from providers.services import webhooks


@shared_task
def send_due_webhooks() -> None:
    """Have what is due posted, one task each; a second scheduler finds nothing left to do."""
    for pk in WebhookDelivery.objects.hand_out(now=timezone.now()):
        post_webhook.apply_async(kwargs={"delivery_id": pk})


@shared_task
def post_webhook(*, delivery_id: int) -> None:
    webhooks.post(delivery_id, now=timezone.now())


def post_soon(delivery: WebhookDelivery) -> None:
    """Let a worker post it once the row is committed; raises DependencyDown then."""

    def send() -> None:
        with to_the_queue():
            post_webhook.apply_async(kwargs={"delivery_id": delivery.pk})

    transaction.on_commit(send)
