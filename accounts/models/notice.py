"""What a project was told, and who of its people has read it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models.user import User
from accounts.tenancy.models import SharedTenantModel
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField

if TYPE_CHECKING:
    from accounts.principal import Principal

LONGEST_MESSAGE: Final = 1500


class Topic(models.TextChoices):
    """What a notice is about; people and webhooks choose by it."""

    HEALTH = "health", "Health and fallback"
    LIMITS = "limits", "Limits and budgets"
    LOGINS = "logins", "Logins that were refused"
    EXPIRY = "expiry", "What is about to expire"
    DELIVERIES = "deliveries", "Notices that could not be delivered"


class NoticeQuerySet(WalledQuerySet["Notice"]):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")

    def with_unread(self, user: User) -> Self:
        """Say of each as `is_unread` whether this person was told of it and has not read it."""
        return self.annotate(is_unread=Exists(_unread_by(user).filter(notice=OuterRef("pk"))))

    def unread_by(self, user: User) -> Self:
        return self.filter(Exists(_unread_by(user).filter(notice=OuterRef("pk"))))

    def mark_read(self, user: User, *, at: datetime) -> int:
        """Mark these as read by one person, for good; gives how many were not yet."""
        return _unread_by(user).filter(notice__in=self.order_by().values("pk")).update(read_at=at)

    def expired(self, *, now: datetime) -> Self:
        return self.filter(at__lt=now - Notice.RETENTION)


class Notice(SharedTenantModel):
    """One thing that happened, told once: `key` names the transition within its project.

    Without a project it is about the instance, and for staff.
    """

    RETENTION: ClassVar = timedelta(days=400)

    public_id = PublicIdField(prefix="ntc")
    topic = models.CharField(max_length=12, choices=Topic)
    message = models.CharField(max_length=LONGEST_MESSAGE)
    about = models.CharField(
        max_length=200, blank=True, help_text="A public id, or the path of a page."
    )
    key = models.CharField(
        max_length=200, help_text="Names the transition, so that it is told once."
    )
    at = models.DateTimeField()

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("project", "key"), name="notice_told_once"),
            models.UniqueConstraint(
                fields=("key",), condition=Q(project=None), name="instance_notice_told_once"
            ),
        )
        indexes = (
            models.Index(fields=("project", "-at"), name="notice_of_project"),
            models.Index(fields=("at",), name="notice_by_age"),
        )

    def __str__(self) -> str:
        return self.message


class ReceiptQuerySet(WalledQuerySet["Receipt"]):
    project_path = "notice__project"
    read_as = "accounts.notice"

    def unread_of(self, who: "Principal") -> Self:
        """Keep what this person was told and has not read, of projects that they may still see."""
        return self.visible_to(who).filter(user=who.user, read_at=None)


class Receipt(models.Model):
    """One person was told of one notice in the portal; unread until `read_at`."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="receipts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    read_at = models.DateTimeField(null=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("notice", "user"), name="person_told_once_of_notice"),
        )
        indexes = (
            models.Index(fields=("user",), condition=Q(read_at=None), name="unread_of_person"),
        )

    def __str__(self) -> str:
        return f"{self.user} of {self.notice}"


def _unread_by(user: User) -> ReceiptQuerySet:
    return Receipt.objects.filter(user=user, read_at=None)


def hand_to(notice: Notice, users: Iterable[int]) -> None:
    """Put the notice among what these people find in the portal."""
    Receipt.objects.bulk_create(
        [Receipt(notice=notice, user_id=pk) for pk in users], ignore_conflicts=True
    )
