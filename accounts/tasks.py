"""Mail that keeps no page waiting. Tasks carry ids; what is secret is made as it is sent."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditHead, EmailDelivery, User
from accounts.queueing import to_the_queue
from accounts.services import notices, passwords, reminders

NOBODY = 0


@shared_task
def mail_password_link(*, user_id: int) -> None:
    user = User.objects.filter(pk=user_id).first()
    if user:
        passwords.send_link(user)


@shared_task
def verify_audit() -> None:
    AuditHead.verify(now=timezone.now())


@shared_task
def send_due_mails() -> None:
    """Have what is due mailed, one task each; a second scheduler finds nothing left to do."""
    for pk in EmailDelivery.objects.hand_out(now=timezone.now()):
        mail_notice.apply_async(kwargs={"delivery_id": pk})


@shared_task
def mail_notice(*, delivery_id: int) -> None:
    notices.mail_out(delivery_id, now=timezone.now())


@shared_task
def remind_of_expiries() -> None:
    reminders.remind(now=timezone.now())


@shared_task
def forget_expired_notices() -> None:
    notices.forget_expired(now=timezone.now())


def queue_verification() -> None:
    """Let a worker walk the audit's chain, once this is committed. Raises DependencyDown."""
    transaction.on_commit(_send_verification)


def _send_verification() -> None:
    with to_the_queue():
        verify_audit.apply_async()


def queue_password_link(user: User | None) -> None:
    """Let a worker mail the link; for nobody it takes as long. Raises DependencyDown."""
    with to_the_queue():
        mail_password_link.apply_async(kwargs={"user_id": user.pk if user else NOBODY})
