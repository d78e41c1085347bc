"""Renewing a provider's tokens: once for everybody who needs them, over all processes.

A lease on the row lets one process call, a version lets one store. The new refresh token is
committed before anything uses it. Where a process dies between the server's answer and the commit
the lease runs out and the next one shows the server the token it has: some take it again, and
those that do not refuse it, which is told as what it is.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import OperationalError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Epoch
from accounts.models.notice import Topic
from accounts.services import notices
from providers.health import Health, Observation
from providers.kinds.oauth.vocabulary import Flow, Server, TokenRefused, Tokens
from providers.kinds.vocabulary import ErrorClass, Outcome
from providers.models import HealthCheck, Login
from providers.models.secret import SecretNeedsValue
from providers.models.signing_in import SignInNeeded

LIMIT_S: Final = 15.0  # how long whoever needs a token waits for it, at most: one call, and more
RENEW: Final = "aiProviders:RenewToken"

_LOOKED_AGAIN_S: Final = 0.1
_STORED_AGAIN_S: Final = (0.1, 0.3, 1.0)
_SILENT_AFTER_TROUBLE: Final = timedelta(seconds=5)

logger = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


class RenewalFailed(Exception):
    """No good token is to be had at this moment, though asking later may do."""


def renew(login: Login, *, clock: Clock = timezone.now) -> Login:
    """Renew a login as it was loaded, or wait for whoever is at it; call it in no transaction.

    Gives the login with a token that is good. Raises SignInNeeded where somebody has to sign in,
    RenewalFailed where the server gave none now, within 15 s.
    """
    ends = time.monotonic() + LIMIT_S
    seen = login.version
    while True:
        login = Login.objects.with_provider().get(pk=login.pk)
        login.refuse_unusable()
        if login.version != seen and is_good(login, now=clock()):
            return login
        _refuse_hopeless(login, now=clock())
        seen = login.version
        if Login.objects.lease(login.pk, version=seen, now=clock()):
            return _renewed(login, clock=clock)
        if time.monotonic() >= ends:
            raise RenewalFailed("Another process is renewing this token, and has not ended yet.")
        time.sleep(_LOOKED_AGAIN_S)


def fresh(login: Login, *, clock: Clock = timezone.now) -> Login:
    """Give a login whose token is good now, renewed where it has run out; raises as `renew`."""
    login.refuse_unusable()
    return login if is_good(login, now=clock()) else renew(login, clock=clock)


def is_good(login: Login, *, now: datetime) -> bool:
    return login.good_until is None or now < login.good_until


def distrust(provider_pk: int, *, token_of: datetime | None, now: datetime) -> None:
    """Have a token renewed that a provider no longer takes, though it should be good.

    Not one that is new: then it is not the token that the provider minds.
    """
    suspect = Login.objects.standing().filter(provider=provider_pk, good_until=token_of)
    old = now - timedelta(minutes=1)
    for login in suspect.filter(can_renew=True):
        if (login.renewed_at or login.signed_in_at) < old:
            suspect.filter(pk=login.pk, version=login.version).update(good_until=now, renew_at=now)


def _refuse_hopeless(login: Login, *, now: datetime) -> None:
    """Raise where a call would bring nothing: no refresh token, or the server failed just now."""
    if not login.can_renew:
        refuse(login, "The vendor gave no refresh token, and the access token has ended.", now=now)
        raise SignInNeeded(login.provider.name, login.trouble)
    if login.tried_at and login.trouble and now < login.tried_at + _SILENT_AFTER_TROUBLE:
        raise RenewalFailed(login.trouble)


def _renewed(login: Login, *, clock: Clock) -> Login:
    now = clock()
    try:
        tokens = _asked(login, now=now)
    except TokenRefused as error:
        if not error.refusal.ends_a_login:
            Login.objects.put_off(login.pk, version=login.version, why=error.message, now=clock())
            raise RenewalFailed(error.message) from error
        refuse(login, error.message, now=clock())
        raise SignInNeeded(login.provider.name, error.message) from error
    except SecretNeedsValue:
        Login.objects.put_off(login.pk, version=login.version, why="", now=clock())
        raise
    if not _stored(login, tokens, now=now):
        logger.warning("a renewed token came too late", provider=login.provider.public_id)
        raise RenewalFailed("Somebody signed in to this provider just now. Try again.")
    return login


def _asked(login: Login, *, now: datetime) -> Tokens:
    from providers.services.logins.servers import AuthorizationServer  # noqa: PLC0415 - it loads authlib

    server = AuthorizationServer.of(login.provider, now=now, known=Server(**login.server))
    if login.provider.login_settings.flow is Flow.CLIENT_CREDENTIALS:
        return server.own_tokens(at=now)
    return server.refresh(login.opened(purpose="renew", now=now).refresh_token, at=now)


def _stored(login: Login, tokens: Tokens, *, now: datetime) -> bool:
    """Commit what the server gave; a database that is away for a moment loses no refresh token."""
    for pause_s in _STORED_AGAIN_S:
        try:
            return _commit(login, tokens, now=now)
        except OperationalError:
            logger.warning("a renewed token is not stored yet", provider=login.provider.public_id)
            time.sleep(pause_s)
    return _commit(login, tokens, now=now)


def _commit(login: Login, tokens: Tokens, *, now: datetime) -> bool:
    with transaction.atomic():
        list(Login.objects.select_for_update(of=("self",)).filter(pk=login.pk).values_list("pk"))
        return login.store_renewal(tokens, now=now)


def refuse(login: Login, why: str, *, now: datetime) -> None:
    """End a login whose grant is refused: models `Error`, health `Invalid key`, people told."""
    provider = login.provider
    message = f"The login is no longer good. {why} Renew the token to sign in again."
    outcome = Outcome(
        ok=False,
        latency_ms=None,
        error_class=ErrorClass.INVALID_KEY,
        message=message,
        http_status=None,
    )
    with transaction.atomic():
        if not login.refuse(why, now=now):
            return
        for model in provider.models.all():
            model.record_test(outcome, at=now)
        seen = Observation(Health.INVALID_KEY, None, ErrorClass.INVALID_KEY, message)
        HealthCheck.of(provider, seen, at=now)
        audit.record(None, RENEW, provider, before=None, after={"refused": why})
        notices.tell(
            provider.project,
            topic=Topic.LOGINS,
            message=f"{provider.name} needs somebody to sign in again. {why}"[:1500],
            key=f"login {provider.public_id} {login.version}",
            at=now,
            about=provider.public_id,
        )
        Epoch.bump()
