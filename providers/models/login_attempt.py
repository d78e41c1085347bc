"""One try to sign in to a provider: any process of the portal or a worker can take it further."""

import hashlib
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Project
from accounts.tenancy.querysets import WalledQuerySet
from foundation.fields import PublicIdField
from providers.kinds.oauth.vocabulary import Flow, Server
from providers.models.provider import Provider
from providers.models.sealed import Sealed


class LoginAttemptQuerySet(WalledQuerySet["LoginAttempt"]):
    project_path = "provider__project"
    shows_shared = True

    def open(self, *, now: datetime) -> Self:
        """Keep those that may still end well."""
        return self.filter(status__in=LoginAttempt.OPEN, expires_at__gt=now)

    def of_session(self, session: str) -> Self:
        return self.filter(session=session)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def with_state(self, state: str) -> "LoginAttempt | None":
        found = self.filter(state_hash=hashed(state)) if state else self.none()
        return found.select_related("provider__project", "key").first()

    def with_provider(self) -> Self:
        return self.select_related("key", "provider__project", "provider__secret__key")

    def left_behind(self, *, now: datetime) -> Self:
        """Keep those that wait for a worker that has not come, or died."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        return self.open(now=now).filter(free, due_at__lt=now - LoginAttempt.PATIENCE)

    def lease(self, pk: int, *, now: datetime) -> "LoginAttempt | None":
        """Take the next step of one in hand; None where another worker has it, or nobody must."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        due = self.open(now=now).filter(free, pk=pk, due_at__isnull=False)
        if not due.update(lease_until=now + LoginAttempt.LEASE):
            return None
        return self.with_provider().get(pk=pk)

    def forgettable(self, *, now: datetime) -> Self:
        return self.filter(created_at__lt=now - LoginAttempt.RETENTION)


class LoginAttempt(Sealed, models.Model):
    """Bound to one session and one provider; it lasts ten minutes, and its state works once.

    What is secret about it (state, verifier, codes) is sealed. `due_at` says that a worker has to
    do something about it, and since when.
    """

    class Status(models.TextChoices):
        PREPARING = "preparing", "preparing"
        WAITING = "waiting", "waiting"
        FINISHING = "finishing", "finishing"
        CONNECTED = "connected", "connected"
        DENIED = "denied", "denied"
        EXPIRED = "expired", "expired"
        FAILED = "failed", "failed"

    OPEN: ClassVar = (Status.PREPARING, Status.WAITING, Status.FINISHING)
    LASTS: ClassVar = timedelta(minutes=10)
    LEASE: ClassVar = timedelta(seconds=40)  # longer than the calls of one step take
    PATIENCE: ClassVar = timedelta(seconds=15)
    RETENTION: ClassVar = timedelta(days=1)

    public_id = PublicIdField(prefix="lgn")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="login_attempts")
    flow = models.CharField(max_length=20)
    status = models.CharField(max_length=10, choices=Status, default=Status.PREPARING)
    message = models.CharField(max_length=500, blank=True)
    session = models.CharField(max_length=64)
    state_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - unique, and some have none
    binding = models.CharField(max_length=64)
    server = models.JSONField(default=dict)
    redirect_url = models.CharField(max_length=500, blank=True)
    interval_s = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = LoginAttemptQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (models.Index(fields=("status", "due_at"), name="login_attempt_due"),)

    def __str__(self) -> str:
        return f"login to {self.provider}"

    @property
    def sealed_for(self) -> Project | None:
        return self.provider.project

    @property
    def sealed_as(self) -> str:
        return self.public_id

    @property
    def known_server(self) -> Server:
        return Server(**self.server)

    @property
    def asks_a_person(self) -> bool:
        return self.flow != Flow.CLIENT_CREDENTIALS

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    def status_at(self, now: datetime) -> str:
        """Tell how it stands: what nobody ended in time has expired."""
        return self.Status.EXPIRED if self.is_open and now >= self.expires_at else self.status

    def is_current(self) -> bool:
        """Whether the provider is still the one that the login was begun for."""
        return self.binding == self.provider.login_binding

    def wait(
        self, server: Server, values: dict[str, str], *, due_at: datetime | None = None
    ) -> None:
        """Be ready for the person's decision; of two workers that were at it, one counts."""
        self.server, self.status = asdict(server), self.Status.WAITING
        self.seal_values(values)
        self.state_hash = hashed(values["state"]) if "state" in values else None
        self.due_at, self.lease_until = due_at, None
        self.save()

    def claim(self, values: dict[str, str], *, now: datetime) -> bool:
        """Take an answer in, once: False where one was taken before, or time ran out."""
        self.seal_values(values)
        waiting = type(self).objects.filter(
            pk=self.pk, status=self.Status.WAITING, expires_at__gt=now
        )
        has_claimed = waiting.update(
            status=self.Status.FINISHING,
            ciphertext=self.ciphertext,
            wrapped_key=self.wrapped_key,
            key=self.key,
            due_at=now,
            lease_until=None,
        )
        self.refresh_from_db()
        return bool(has_claimed)

    def end(self, status: Status, message: str, *, now: datetime) -> bool:
        """Close it, once, and forget what was secret about it; its state stays known as used."""
        self.seal_values({})
        mine = type(self).objects.filter(pk=self.pk, status__in=self.OPEN)
        has_ended = mine.update(
            status=status,
            message=message[:500],
            ended_at=now,
            due_at=None,
            lease_until=None,
            ciphertext=self.ciphertext,
            wrapped_key=self.wrapped_key,
            key=self.key,
        )
        self.refresh_from_db()
        return bool(has_ended)

    def ask_again(self, *, at: datetime, interval_s: int) -> None:
        """Let a worker ask the server once more, at the pace that it wants."""
        mine = type(self).objects.filter(pk=self.pk, status=self.Status.WAITING)
        mine.update(due_at=at, interval_s=interval_s, lease_until=None)
        self.refresh_from_db()


def hashed(text: str) -> str:
    """Give what is stored of a state or a session: enough to know it again."""
    return hashlib.sha256(text.encode()).hexdigest()
