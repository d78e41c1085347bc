"""What the worker does for the ledger. Tasks run twice safely."""

from celery import shared_task
from django.utils import timezone

from usage import retention, rolling
from usage.limits import money
from usage.models import Batch


@shared_task
def post_batches() -> None:
    Batch.objects.post()


@shared_task
def roll_up() -> None:
    now = timezone.now()
    rolling.roll_up(now=now)
    Batch.objects.post()  # whose lines settle what would expire otherwise
    money.expire(now=now)


@shared_task
def keep_within_retention() -> None:
    retention.keep_within(now=timezone.now())
