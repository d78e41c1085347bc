"""What a worker does for a login: ask the server, and store what it gives.

Each step holds a lease on the attempt, calls out without a transaction, and stores the outcome
in one; a worker may die anywhere, and the next one goes on.
"""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Epoch
from providers.health import Health
from providers.kinds.oauth.vocabulary import Flow, Refusal, Server, TokenRefused, Tokens
from providers.models import Login, LoginAttempt, ProjectRouting, Provider
from providers.models.secret import SecretNeedsValue
from providers.services import model_lists
from providers.services.logins.attempts import CHANGED, new_secrets

if TYPE_CHECKING:
    from providers.services.logins.servers import AuthorizationServer

Status = LoginAttempt.Status

_SLOWER_S: Final = 5  # RFC 8628: what "slow_down" adds
_LONGEST_INTERVAL_S: Final = 60
_STARTED = "aiProviders:SubmitLoginCode"


def advance(attempt_id: int, *, now: datetime) -> LoginAttempt | None:
    """Do the next step of an attempt, unless another worker has it; call it in no transaction.

    Gives the attempt: where its `due_at` is set, there is more to do then.
    """
    attempt = LoginAttempt.objects.lease(attempt_id, now=now)
    if attempt is None:
        return None
    if not attempt.is_current():
        attempt.end(Status.FAILED, CHANGED, now=now)
        return attempt
    try:
        _step(attempt, now=now)
    except TokenRefused as error:
        _take_refusal(attempt, error, now=timezone.now())
    except SecretNeedsValue as error:
        attempt.end(Status.FAILED, str(error), now=now)
    return attempt


def _step(attempt: LoginAttempt, *, now: datetime) -> None:
    from providers.services.logins.servers import AuthorizationServer  # noqa: PLC0415 - it loads authlib

    known = Server(**attempt.server) if attempt.server else None
    server = AuthorizationServer.of(attempt.provider, now=now, known=known)
    if attempt.status == Status.PREPARING:
        server = replace(server, server=server.found())
        _prepare(attempt, server, now=now)
    elif attempt.status == Status.FINISHING:
        values = attempt.unsealed()
        tokens = server.exchange(
            code=values["code"],
            verifier=values["verifier"],
            redirect_url=attempt.redirect_url,
            at=now,
        )
        connect(attempt, server.server, tokens, now=now)
    elif attempt.flow == Flow.DEVICE:
        tokens = server.device_tokens(attempt.unsealed()["device_code"], at=now)
        connect(attempt, server.server, tokens, now=now)


def _prepare(attempt: LoginAttempt, server: "AuthorizationServer", *, now: datetime) -> None:
    if attempt.flow == Flow.CLIENT_CREDENTIALS:
        connect(attempt, server.server, server.own_tokens(at=now), now=now)
    elif attempt.flow == Flow.DEVICE:
        given = server.device_code()
        interval = min(max(given.interval, timedelta(seconds=1)), timedelta(minutes=1))
        attempt.interval_s = round(interval.total_seconds())
        attempt.expires_at = min(attempt.expires_at, now + given.lasts)
        values = {
            "device_code": given.device_code,
            "user_code": given.user_code,
            "address": given.address,
            "whole_address": given.whole_address,
        }
        attempt.wait(server.server, values, due_at=now + interval)
    elif server.server.authorization_url:
        attempt.wait(server.server, new_secrets())
    else:
        message = "The issuer names no authorization endpoint. Enter the Authorization URL."
        raise TokenRefused(Refusal.OTHER, message)


def _take_refusal(attempt: LoginAttempt, error: TokenRefused, *, now: datetime) -> None:
    refusal, polls = error.refusal, attempt.status == Status.WAITING
    if polls and refusal in {Refusal.PENDING, Refusal.SLOW_DOWN, Refusal.TROUBLE}:
        slower = 0 if refusal is Refusal.PENDING else _SLOWER_S
        interval = min(attempt.interval_s + slower, _LONGEST_INTERVAL_S)
        attempt.ask_again(at=now + timedelta(seconds=interval), interval_s=interval)
    elif refusal is Refusal.DENIED:
        attempt.end(Status.DENIED, "", now=now)
    elif refusal is Refusal.EXPIRED:
        attempt.end(Status.EXPIRED, "", now=now)
    else:
        attempt.end(Status.FAILED, f"{error.message} Begin the login again.", now=now)


def connect(attempt: LoginAttempt, server: Server, tokens: Tokens, *, now: datetime) -> None:
    """Store the tokens as the provider's login, in place of an earlier one; nothing else changes.

    Nothing is stored where the provider was changed since: they are not for what it is now.
    """
    with transaction.atomic():
        ProjectRouting.objects.lock_for(attempt.provider)  # first, as the health monitor does
        held = Provider.objects.select_for_update(of=("self",)).get(pk=attempt.provider_id)
        if attempt.binding != held.login_binding:
            attempt.end(Status.FAILED, CHANGED, now=now)
            return
        if not attempt.end(Status.CONNECTED, "", now=now):
            return  # it was ended while the server answered
        before = getattr(held, "login", None)
        login = before or Login(provider=held)
        _take(login, attempt, server, tokens, now=now)
        held.models.forget_tests()
        held.note_health(Health.UNKNOWN, "", now=now)
        model_lists.make_first_active(held)
        told = {"signedInAt": now.isoformat(), "expiresAt": _told(tokens.expires_at)}
        earlier = {"signedInAt": login.signed_in_at.isoformat()} if before else None
        audit.record(attempt.created_by, _STARTED, held, before=earlier, after=told)
        Epoch.bump()


def _take(
    login: Login, attempt: LoginAttempt, server: Server, tokens: Tokens, *, now: datetime
) -> None:
    login.ciphertext = b""  # an earlier login's refresh token is no part of this one
    login.server, login.binding = asdict(server), attempt.binding
    login.take(tokens, can_renew=attempt.flow == Flow.CLIENT_CREDENTIALS, now=now)
    login.signed_in_at, login.renewed_at = now, None
    login.version = (login.version + 1) if login.pk else 1
    login.save()


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
