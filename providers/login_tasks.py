"""What workers do for logins. Tasks carry ids, run twice safely, and are sent on commit."""

from datetime import datetime

import structlog
from celery import shared_task
from django.db import transaction
from django.utils import timezone

from accounts.queueing import to_the_queue
from providers.models import Login, LoginAttempt
from providers.models.secret import SecretNeedsValue
from providers.services.logins import renewal, steps

logger = structlog.get_logger(__name__)


@shared_task
def advance_login(*, attempt_id: int) -> None:
    """Do what an attempt waits for, and look again when it says so."""
    attempt = steps.advance(attempt_id, now=timezone.now())
    if attempt and attempt.is_open and attempt.due_at:
        _send(attempt.pk, at=attempt.due_at)


@shared_task
def look_after_logins() -> None:
    """Go on with attempts that were left behind, and renew what ends soon."""
    now = timezone.now()
    for pk in LoginAttempt.objects.left_behind(now=now).values_list("pk", flat=True):
        advance_login.apply_async(kwargs={"attempt_id": pk})
    for pk in Login.objects.due(now=now).values_list("pk", flat=True):
        renew_login.apply_async(kwargs={"login_id": pk})
    LoginAttempt.objects.forgettable(now=now).delete()


@shared_task
def renew_login(*, login_id: int) -> None:
    """Renew one login ahead of its end, or refuse it after that where nothing renews it.

    Whoever renewed it meanwhile has done the work.
    """
    now = timezone.now()
    login = Login.objects.due(now=now).filter(pk=login_id).with_provider().first()
    if login is None:
        return
    try:
        renewal.renew(login)
    except (renewal.RenewalFailed, SecretNeedsValue) as error:
        logger.warning("a token was not renewed", provider=login.provider.public_id, why=str(error))


def advance_soon(attempt: LoginAttempt) -> None:
    """Let a worker take the next step once the row is committed; raises DependencyDown then."""
    if attempt.due_at:
        transaction.on_commit(lambda: _send(attempt.pk))


def renew_soon(login: Login) -> None:
    """Let a worker renew a login that is due once the row is committed; raises DependencyDown."""

    def send() -> None:
        with to_the_queue():
            renew_login.apply_async(kwargs={"login_id": login.pk})

    transaction.on_commit(send)


def _send(attempt_pk: int, *, at: datetime | None = None) -> None:
    with to_the_queue():
        advance_login.apply_async(
            kwargs={"attempt_id": attempt_pk},
            eta=at,  # type: ignore[arg-type]  # None is at once; the stubs don't know
        )
