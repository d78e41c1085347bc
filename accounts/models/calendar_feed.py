from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models, transaction

from accounts import audit
from accounts.models.project import Project
from accounts.models.user import User
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet
from accounts.tokens import new_token, shown_prefix, token_hash, token_hashes

if TYPE_CHECKING:
    from accounts.audit import Actor

LABEL = "calendar-feeds"
TOKEN_PREFIX = "axc"  # noqa: S105 - the start of every token, not one
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


class CalendarFeedQuerySet(WalledQuerySet["CalendarFeed"]):
    def with_token(self, token: str) -> Self:
        """Find the feed of an address, by its token's hash alone."""
        hashes = token_hashes(token, label=LABEL)
        return self.filter(token_hash__in=hashes).select_related("project", "user")

    def of(self, user: User, project: Project) -> "CalendarFeed | None":
        return self.filter(user=user, project=project).first()

    @transaction.atomic
    def rotate(self, user: User, project: Project, *, by: "Actor", now: datetime) -> str:
        """Give the token of somebody's one feed of a project; a former one opens nothing."""
        token = new_token(TOKEN_PREFIX)
        made = {"token_hash": token_hash(token, label=LABEL), "prefix": shown_prefix(token)}
        feed, _ = self.update_or_create(
            user=user, project=project, defaults=made | {"made_at": now, "last_used_at": None}
        )
        audit.record(by, "calendar:RotateCalendarFeed", feed, before=None, after=feed.told())
        return token

    @transaction.atomic
    def revoke(self, user: User, project: Project, *, by: "Actor") -> bool:
        """Close somebody's feed of a project; False where there is none."""
        feed = self.of(user, project)
        if feed is None:
            return False
        audit.record(by, "calendar:RevokeCalendarFeed", feed, before=feed.told(), after=None)
        feed.delete()
        return True


class CalendarFeed(TenantModel):
    """A calendar's way to what expires in a project, as its person sees it: one token, to read."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=20, editable=False)
    made_at = models.DateTimeField(editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = "calendar feed"
        constraints = (
            models.UniqueConstraint(fields=("project", "user"), name="calendar_feed_once"),
        )

    def __str__(self) -> str:
        return f"calendar of {self.project} for {self.user}"

    def note_use(self, *, at: datetime) -> None:
        """Remember that it was read; once a minute is enough."""
        if self.last_used_at is None or self.last_used_at < at - _USE_IS_NOTED_EVERY:
            CalendarFeed.objects.filter(pk=self.pk).update(last_used_at=at)

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a feed."""
        return {"user": self.user.email, "prefix": self.prefix}
