from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.principal import Principal

LASTS: Final = timedelta(hours=24)
PATIENCE: Final = timedelta(minutes=2)  # longer than any request of ours lives


class KeptAnswerQuerySet(models.QuerySet["KeptAnswer"]):
    def of(self, principal: "Principal") -> Self:
        """Keep those of one asker: a person's own, or those of one key."""
        return self.filter(asker=_asker(principal))

    def outlived(self, *, now: datetime) -> Self:
        return self.filter(begun_at__lt=now - LASTS)

    def begin(
        self, principal: "Principal", name: str, *, fingerprint: str, now: datetime
    ) -> "tuple[KeptAnswer, bool]":
        """Take a name into use, or find who uses it; True where the request is to be done now.

        What is kept longer than it should be goes, whoever's it is.
        """
        self.outlived(now=now).delete()
        row = KeptAnswer(asker=_asker(principal), name=name, fingerprint=fingerprint, begun_at=now)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return self._taken(principal, name, now=now)
        return row, True

    def _taken(
        self, principal: "Principal", name: str, *, now: datetime
    ) -> "tuple[KeptAnswer, bool]":
        row = self.of(principal).get(name=name)
        # An answer is kept in the transaction of its change: without one, nothing was changed.
        died = Q(status=None, begun_at__lt=now - PATIENCE)
        mine = self.filter(died, pk=row.pk, fingerprint=row.fingerprint).update(begun_at=now)
        return row, bool(mine)


class KeptAnswer(models.Model):
    """What was answered to a POST under an Idempotency-Key, without anything shown only once."""

    asker = models.CharField(max_length=24, help_text="Public id of the person or the key.")
    name = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    begun_at = models.DateTimeField(db_index=True)

    objects = KeptAnswerQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("asker", "name"), name="answer_kept_once"),)

    def __str__(self) -> str:
        return f"{self.name}: {self.status}"

    def keep(self, *, status: int, body: Any) -> None:
        self.status, self.body = status, body
        self.save(update_fields=["status", "body"])


def _asker(principal: "Principal") -> str:
    return principal.key.public_id if principal.key else principal.user.public_id
