import hashlib
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F

from accounts.refusals import QuotaExceeded


class ThrottleQuerySet(models.QuerySet["Throttle"]):
    def take(self, scope: str, who: str, *, limit: int, per: timedelta, now: datetime) -> None:
        """Count one try of `who`; raises QuotaExceeded from the one after `limit` on."""
        seconds = now.timestamp() // per.total_seconds() * per.total_seconds()
        window = datetime.fromtimestamp(seconds, tz=now.tzinfo)
        row, is_first = self.get_or_create(
            scope=scope, who=hashlib.sha256(who.encode()).hexdigest(), window=window
        )
        if is_first:
            self.filter(scope=scope, window__lt=window).delete()
        self.filter(pk=row.pk).update(tries=F("tries") + 1)
        if row.tries >= limit:
            left = window + per - now
            raise QuotaExceeded(
                "Too many attempts. Wait a while, then try again.",
                retry_after_s=max(1, int(left.total_seconds())),
            )


class Throttle(models.Model):
    """How often somebody tried one thing lately; in the database, so that processes share it."""

    scope = models.CharField(max_length=30)
    who = models.CharField(max_length=64)
    window = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)

    objects = ThrottleQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("scope", "who", "window"), name="throttle_counts_once_in_window"
            ),
        )

    def __str__(self) -> str:
        return f"{self.scope} × {self.tries}"
