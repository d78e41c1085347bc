"""How a provider's login stands, for whoever asks."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.refusals import Refused
from providers.models import Login, LoginAttempt, Provider
from providers.models.login_attempt import hashed
from providers.services.logins import attempts
from providers.services.logins.renewal import RENEW

NONE = "none"


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest attempt of this session, else of anybody, beside what logins have brought.

    `address` and the codes are for the session that began it alone.
    """

    provider: Provider
    attempt: LoginAttempt | None
    login: Login | None
    status: str
    message: str
    needs_login: bool
    address: str = ""
    whole_address: str = ""
    user_code: str = ""

    @property
    def is_pending(self) -> bool:
        return self.status in LoginAttempt.OPEN

    @property
    def awaited(self) -> LoginAttempt | None:
        """The session's own login, while it waits for the vendor to send a browser back."""
        return self.attempt if self.address and not self.user_code else None


def standing(provider: Provider, *, session: str, now: datetime) -> Standing:
    """Look how a provider's login stands; no call goes out."""
    newest = provider.login_attempts.newest_first().with_provider()
    attempt = newest.of_session(hashed(session)).first() or newest.first()
    login: Login | None = getattr(provider, "login", None)
    shown = attempts.shown(attempt, session=session, now=now) if attempt else {}
    return Standing(
        provider=provider,
        attempt=attempt,
        login=login,
        status=attempt.status_at(now) if attempt else NONE,
        message=attempts.sentence(attempt, now=now) if attempt else _without(provider),
        needs_login=provider.needs_sign_in,
        address=shown.get("address", ""),
        whole_address=shown.get("wholeAddress", ""),
        user_code=shown.get("userCode", ""),
    )


def ask_renewal(provider: Provider, *, by: Actor, now: datetime) -> Login:
    """Have a provider's tokens renewed by a worker, whether they end soon or not.

    Raises Refused where no renewal will do: then somebody signs in.
    """
    login: Login | None = getattr(provider, "login", None)
    if login is None or provider.needs_sign_in or not login.can_renew:
        raise Refused(
            f"“{provider.name}” has no login that can be renewed: sign in to it.",
            code="login_needed" if provider.kind_row.has_login else "no_login",
        )
    with transaction.atomic():
        Login.objects.standing().filter(pk=login.pk).update(renew_at=now)
        audit.record(by, RENEW, provider, before=None, after={"askedAt": now.isoformat()})
    return login


def _without(provider: Provider) -> str:
    if not provider.kind_row.has_login:
        return f"{provider.kind_row.label} takes a key: nobody signs in to it."
    return "Nobody has begun a login."
