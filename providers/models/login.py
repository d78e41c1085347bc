"""What a login brought a provider: its tokens, when they end, and who may renew them now."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from accounts.models import Project
from accounts.tenancy.querysets import WalledQuerySet
from foundation.crypto.envelope import CannotOpen
from providers.kinds.oauth.vocabulary import Tokens
from providers.models.provider import Provider
from providers.models.sealed import Sealed
from providers.models.signing_in import SignInNeeded, TokenExpired

RENEWED_AHEAD = timedelta(minutes=10)
TRIED_AGAIN_AFTER = timedelta(minutes=1)
LEASE = timedelta(seconds=20)  # longer than a renewal's call may take
_LEAST_SPARE = timedelta(seconds=2)  # servers count in whole seconds
_MOST_SPARE = timedelta(seconds=30)  # a call under way still arrives with a good token
_SHARE = 10


class LoginQuerySet(WalledQuerySet["Login"]):
    project_path = "provider__project"
    shows_shared = True

    def standing(self) -> Self:
        """Keep those that renewals may still do something for."""
        return self.filter(refused_at=None)

    def due(self, *, now: datetime) -> Self:
        """Keep those that end soon, and whose renewal nobody is at.

        Of those that nothing renews, the ones whose token has ended: people are to be told.
        """
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        wants_work = Q(can_renew=True) | Q(good_until__lte=now)
        return self.standing().filter(free, wants_work, renew_at__lte=now)

    def with_provider(self) -> Self:
        return self.select_related("key", "provider__project", "provider__secret__key")

    def lease(self, pk: int, *, version: int, now: datetime) -> bool:
        """Take the one lease on renewing a version; False where another process has it."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        mine = self.standing().filter(free, pk=pk, version=version)
        return bool(mine.update(lease_until=now + LEASE))

    def put_off(self, pk: int, *, version: int, why: str, now: datetime) -> None:
        """Let go of the lease after a renewal that failed for now; it is tried again soon."""
        self.filter(pk=pk, version=version).update(
            lease_until=None, trouble=why[:500], renew_at=now + TRIED_AGAIN_AFTER, tried_at=now
        )


class Login(Sealed, models.Model):
    """The tokens of one provider's login, sealed.

    `version` moves with every renewal: who holds an older one may not store what it got.
    `good_until` is a little before the access token ends; None where nobody knows when it does.
    """

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, related_name="login")
    binding = models.CharField(max_length=64, help_text="What the tokens were given for.")
    server = models.JSONField(default=dict, help_text="The authorization server's addresses.")
    version = models.PositiveIntegerField(default=1)
    expires_at = models.DateTimeField(null=True)
    good_until = models.DateTimeField(null=True)
    renew_at = models.DateTimeField(null=True)
    can_renew = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=500, blank=True)
    signed_in_at = models.DateTimeField()
    renewed_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    objects = LoginQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=("refused_at", "renew_at"), name="login_due"),)

    def __str__(self) -> str:
        return f"login of {self.provider}"

    @property
    def sealed_for(self) -> Project | None:
        return self.provider.project

    @property
    def sealed_as(self) -> str:
        return self.provider.public_id

    def access(self, *, now: datetime) -> dict[str, str]:
        """Give what a call is authorized with.

        Raises SignInNeeded where somebody has to sign in, TokenExpired where a renewal will do.
        """
        self.refuse_unusable()
        if self.good_until is not None and now >= self.good_until:
            raise TokenExpired(self.provider.name)
        return {"access_token": self.opened(purpose="call", now=now).access_token}

    def refuse_unusable(self) -> None:
        """Raise SignInNeeded where these tokens are refused, or are not for what is called now."""
        if self.refused_at is not None:
            raise SignInNeeded(self.provider.name, self.trouble or "Its login was refused.")
        if self.binding != self.provider.login_binding:
            why = "It was changed since somebody signed in, and its tokens are for elsewhere."
            raise SignInNeeded(self.provider.name, why)

    def opened(self, *, purpose: str, now: datetime) -> Tokens:
        """Unseal the tokens, which is counted; raises SignInNeeded where no key opens them."""
        try:
            values = self.unsealed()
        except CannotOpen as error:
            raise SignInNeeded(self.provider.name, "No key here opens its tokens.") from error
        LoginUse.note(self, purpose=purpose, now=now)
        return Tokens(values["access_token"], values.get("refresh_token", ""), self.expires_at)

    def take(self, tokens: Tokens, *, can_renew: bool, now: datetime) -> None:
        """Seal new tokens and note when they end; the caller saves.

        A server that gives no new refresh token leaves the present one in force.
        """
        refresh_token = tokens.refresh_token or (
            self.unsealed().get("refresh_token", "") if self.ciphertext else ""
        )
        self.seal_values({"access_token": tokens.access_token, "refresh_token": refresh_token})
        self.can_renew = can_renew or bool(refresh_token)
        self.expires_at = tokens.expires_at
        self.good_until, self.renew_at = _times(tokens.expires_at, now=now)
        self.lease_until = self.refused_at = self.told_at = None
        self.trouble = ""

    STORED: ClassVar = (
        *("ciphertext", "wrapped_key", "key_id", "can_renew", "expires_at", "good_until"),
        *("renew_at", "lease_until", "refused_at", "told_at", "trouble", "renewed_at"),
    )

    def store_renewal(self, tokens: Tokens, *, now: datetime) -> bool:
        """Put renewed tokens in place of the version that was loaded, in one statement.

        False, and nothing stored, where another process was faster.
        """
        self.take(tokens, can_renew=self.can_renew, now=now)
        self.renewed_at = now
        stored = {name: getattr(self, name) for name in self.STORED}
        mine = type(self).objects.filter(pk=self.pk, version=self.version)
        has_stored = bool(mine.update(**stored, version=F("version") + 1))
        self.version += int(has_stored)
        return has_stored

    def refuse(self, why: str, *, now: datetime) -> bool:
        """Note its end, which people are told of; False where somebody signed in meanwhile."""
        mine = type(self).objects.standing().filter(pk=self.pk, version=self.version)
        has_ended = bool(
            mine.update(refused_at=now, told_at=now, trouble=why[:500], lease_until=None)
        )
        self.refresh_from_db()
        return has_ended


class LoginUse(models.Model):
    """How often a login's tokens were opened, by purpose and hour."""

    login = models.ForeignKey(Login, on_delete=models.CASCADE, related_name="uses")
    purpose = models.CharField(max_length=20)
    hour = models.DateTimeField()
    openings = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("login", "purpose", "hour"), name="login_use_once"),
        )

    def __str__(self) -> str:
        return f"{self.purpose} × {self.openings}"

    @classmethod
    def note(cls, login: Login, *, purpose: str, now: datetime) -> None:
        hour = now.replace(minute=0, second=0, microsecond=0)
        row, _ = cls.objects.get_or_create(login=login, purpose=purpose, hour=hour)
        cls.objects.filter(pk=row.pk).update(openings=F("openings") + 1)


def _times(ends: datetime | None, *, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Say until when a token is used, and from when on it is renewed."""
    if ends is None:
        return None, None
    life = ends - now
    spare = max(_LEAST_SPARE, min(_MOST_SPARE, life / _SHARE))
    return ends - spare, ends - min(RENEWED_AHEAD, life / 2)
