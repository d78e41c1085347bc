"""Telling people what happened: rows alone, in the caller's transaction; a task sends them."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import transaction

from accounts.models.email_delivery import EmailDelivery
from accounts.models.notice import LONGEST_MESSAGE, Notice, Topic, hand_to
from accounts.models.notice_choice import people_told
from accounts.models.project import Project
from accounts.services import mail

Channel = Callable[[Notice], None]

_channels: Final[list[Channel]] = []


def tell(
    project: Project | None,
    *,
    topic: str,
    message: str,
    key: str,
    at: datetime,
    about: str = "",
) -> Notice:
    """Tell whoever wants to know; the same `key` again tells nobody twice, and gives what was told.

    ``topic`` is a `Topic`; ``key`` names the transition within its project, such as
    ``lim_4fT… 80% 2026-11``; ``about`` is a public id or the path of a page. Without a project it
    is about the instance, and for staff. Call it inside the transaction of what it tells: nothing
    is sent here. Raises ValueError for an unknown topic.
    """
    line = " ".join(message.split())[:LONGEST_MESSAGE]
    told = {"topic": Topic(topic), "message": line, "about": about, "at": at}
    with transaction.atomic():
        notice, is_new = Notice.objects.get_or_create(project=project, key=key, defaults=told)
        if is_new:
            _hand_out(notice)
    return notice


def register(channel: Channel) -> None:
    """Let an app queue deliveries of its own for every notice, in the notice's transaction."""
    if channel not in _channels:
        _channels.append(channel)


def mail_out(delivery_pk: int, *, now: datetime) -> None:
    """Try to mail one notice to one person; not inside a transaction.

    Nothing is sent to who may not see it any more, or where another worker is at it.
    """
    delivery: EmailDelivery | None = EmailDelivery.objects.take(delivery_pk, now=now)
    if delivery is None:
        return
    notice = delivery.notice
    if not Notice.objects.visible_to(delivery.user).filter(pk=notice.pk).exists():
        delivery.drop("They may no longer see it.", now=now)
        return
    context = {"notice": notice, "link": page_of(notice)}
    try:
        mail.deliver("mail/notice.txt", delivery.user.email, context)
    except mail.NotMailed as error:
        delivery.note_failed(str(error), now=now)
    else:
        delivery.note_sent("", now=now)


def page_of(notice: Notice) -> str:
    """Give the address of a notice's page, as people reach it; a worker serves no pages."""
    return f"{mail.link('admin:index')}accounts/notice/{notice.public_id}/change/"


def forget_expired(*, now: datetime) -> int:
    """Delete the notices that are older than their retention, deliveries and all."""
    return Notice.objects.expired(now=now).delete()[0]


def _hand_out(notice: Notice) -> None:
    in_app, by_email = people_told(notice.project, notice.topic)
    hand_to(notice, in_app)
    if mail.reaches_people():
        EmailDelivery.objects.bulk_create(
            EmailDelivery(notice=notice, user_id=pk, created_at=notice.at, due_at=notice.at)
            for pk in by_email
        )
    for channel in _channels:
        channel(notice)
