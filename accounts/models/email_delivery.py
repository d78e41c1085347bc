from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models.delivery import Delivery, DeliveryQuerySet, DeliveryState
from accounts.models.notice import Notice
from accounts.models.user import User


class EmailDeliveryQuerySet(DeliveryQuerySet):
    project_path = "notice__project"

    def with_what_is_sent(self) -> Self:
        return self.select_related("notice__project", "user")


class EmailDelivery(Delivery):
    """One notice on its way into one person's mailbox."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="mails")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    objects = EmailDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "email delivery"
        verbose_name_plural = "email deliveries"
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("notice", "user"), name="notice_mailed_once"),
        )
        indexes = (
            models.Index(
                fields=("due_at",), condition=Q(state=DeliveryState.PENDING), name="mail_due"
            ),
        )

    def __str__(self) -> str:
        return f"{self.notice} to {self.user}"
