"""Beginning a login and taking its answer in: the database alone, no call goes out."""

import secrets
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import audit
from accounts.audit import Actor
from accounts.refusals import Refused
from providers.kinds.oauth.redirects import Redirect
from providers.kinds.oauth.vocabulary import Flow
from providers.models import LoginAttempt, Provider
from providers.models.login_attempt import hashed

Status = LoginAttempt.Status
START = "aiProviders:StartLogin"
CHANGED = "The provider was changed since the login began. Begin it again."

_SENTENCES: Final = {
    Status.DENIED: "The vendor says that access was denied. Begin again, and allow it there.",
    Status.CONNECTED: "This login is finished already: the provider is connected.",
    Status.FAILED: "This login has failed already. Begin it again.",
    Status.FINISHING: "This login's answer was used already: Axiom is finishing it.",
}


class LoginRefused(Refused):
    """An answer that is not taken in; the code says why, the message what to do."""


def begin(provider: Provider, *, session: str, by: Actor, now: datetime) -> LoginAttempt:
    """Begin a login, or resume this session's own that is still open.

    Where the server has to be asked first a worker does it: `due_at` says so. Raises Refused for
    a provider that nobody can sign in to.
    """
    _refuse_unfit(provider)
    mine = provider.login_attempts.open(now=now).of_session(hashed(session)).newest_first()
    for known in mine.with_provider():
        if known.is_current():
            return known
        known.end(Status.FAILED, CHANGED, now=now)
    login = provider.login_settings
    attempt = LoginAttempt(
        provider=provider,
        flow=login.flow,
        session=hashed(session),
        binding=provider.login_binding,
        redirect_url=login.redirect_url or callback_url(),
        created_by=audit.person_of(by),
        created_at=now,
        expires_at=now + LoginAttempt.LASTS,
    )
    with transaction.atomic():
        if login.flow is Flow.CODE and not login.needs_discovery:
            attempt.wait(login.server, new_secrets())
        else:
            attempt.due_at = now
            attempt.seal_values({})
            attempt.save()
        after = {"provider": provider.name, "flow": str(login.flow), "attempt": attempt.public_id}
        audit.record(by, START, provider, before=None, after=after)
    return attempt


def new_secrets() -> dict[str, str]:
    """Make the state of a redirect and the verifier of its code (RFC 7636)."""
    return {"state": secrets.token_urlsafe(32), "verifier": secrets.token_urlsafe(48)}


def callback_url() -> str:
    return f"{settings.PORTAL_URL}{reverse('login-callback')}"


def find(answered: Redirect) -> LoginAttempt:
    """Find the attempt that a redirect is of; raises LoginRefused for a state of none."""
    attempt = LoginAttempt.objects.with_state(answered.state)
    if attempt is None:
        raise LoginRefused(
            "This answer belongs to no login that Axiom has begun: its state is unknown. "
            "Begin the login again.",
            code="login_wrong_state",
        )
    return attempt


def pasted(provider: Provider, text: str, *, session: str, now: datetime) -> LoginAttempt:
    """Take in what somebody pasted for a provider; raises LoginRefused."""
    answered = Redirect.pasted(text)
    if not answered.code and not answered.error:
        raise LoginRefused(
            "There is no code in this. Paste the whole address that the browser ended at.",
            code="login_no_code",
        )
    if answered.state:
        attempt = find(answered)
    else:
        attempt = _waiting_for_bare_code(provider, session=session, now=now)
    if attempt.provider_id != provider.pk:
        raise LoginRefused(
            "This answer is that of another provider's login.", code="login_other_provider"
        )
    return receive(attempt, answered, session=session, now=now)


def receive(
    attempt: LoginAttempt, answered: Redirect, *, session: str, now: datetime
) -> LoginAttempt:
    """Take a vendor's answer in, once, for a worker to finish; raises LoginRefused.

    One that says no ends the attempt, as the attempt then tells.
    What comes from another session is refused and changes nothing: it is not that one's to spend.
    """
    refuse_other_session(attempt, session)
    _refuse_closed(attempt, now=now)
    _refuse_other_issuer(attempt, answered)
    if answered.error:
        _take_refusal(attempt, answered, now=now)
        return attempt
    if not attempt.is_current():
        attempt.end(Status.FAILED, CHANGED, now=now)
        return attempt
    values = attempt.unsealed() | {"code": answered.code}
    if not attempt.claim(values, now=now):
        _refuse_closed(attempt, now=now)
    return attempt


def refuse_other_session(attempt: LoginAttempt, session: str) -> None:
    """Raise LoginRefused where somebody else's browser brings the answer."""
    if not compare_digest(attempt.session, hashed(session)):
        raise LoginRefused(
            "This login was begun in another session. Copy this page's address, and paste it "
            "where the login was begun.",
            code="login_other_session",
        )


def sentence(attempt: LoginAttempt, *, now: datetime) -> str:
    """Tell people how a login stands."""
    status = attempt.status_at(now)
    if status == Status.WAITING:
        return "Waiting for authentication…"
    if status == Status.PREPARING:
        return "Asking the authorization server…"
    if status == Status.FINISHING:
        return "Fetching the tokens…"
    return attempt.message or _ended(attempt, status)


def shown(attempt: LoginAttempt, *, session: str, now: datetime) -> dict[str, Any]:
    """Give what the session that began a login needs to finish it; nothing to any other."""
    is_mine = compare_digest(attempt.session, hashed(session))
    if not is_mine or attempt.status_at(now) != Status.WAITING:
        return {}
    values = attempt.unsealed()
    if attempt.flow == Flow.DEVICE:
        return {
            "userCode": values["user_code"],
            "address": values["address"],
            "wholeAddress": values.get("whole_address", ""),
        }
    from providers.kinds.oauth import protocol  # noqa: PLC0415 - it loads authlib

    address = protocol.authorization_url(
        attempt.known_server,
        attempt.provider.login_settings,
        state=values["state"],
        verifier=values["verifier"],
        redirect_url=attempt.redirect_url,
    )
    return {"address": address}


def _refuse_unfit(provider: Provider) -> None:
    if not provider.kind_row.has_login:
        raise Refused(
            f"{provider.kind_row.label} takes a key: nobody signs in to it.", code="no_login"
        )
    missing = provider.kind_row.problems(
        base_url=provider.base_url, credential=None, config=provider.config
    )
    if missing:
        raise Refused(" ".join(missing.values()), code="login_incomplete")


def _waiting_for_bare_code(provider: Provider, *, session: str, now: datetime) -> LoginAttempt:
    """Find this session's own attempt, where the vendor shows a code instead of redirecting."""
    shows_code = bool(provider.login_settings.redirect_url)
    mine = provider.login_attempts.open(now=now).of_session(hashed(session)).newest_first()
    attempt = mine.with_provider().first() if shows_code else None
    if attempt is None:
        raise LoginRefused(
            "A code alone says not which login it is of. Paste the whole address that the "
            "browser ended at.",
            code="login_wrong_state",
        )
    return attempt


def _refuse_closed(attempt: LoginAttempt, *, now: datetime) -> None:
    status = attempt.status_at(now)
    if status == Status.WAITING:
        return
    codes = {Status.EXPIRED: "login_expired", Status.DENIED: "login_denied"}
    raise LoginRefused(
        _ended(attempt, status), code=codes.get(Status(status), "login_already_used")
    )


def _ended(attempt: LoginAttempt, status: str) -> str:
    if status == Status.EXPIRED:
        return f"The login was not finished within {_time_of(attempt)}. Begin it again."
    return _SENTENCES.get(Status(status), "The login is not ready for an answer yet.")


def _time_of(attempt: LoginAttempt) -> str:
    """Say how long it was good for: a device code may last less long than a login."""
    minutes = round((attempt.expires_at - attempt.created_at).total_seconds() / 60)
    return f"{minutes} minutes" if minutes > 1 else "a minute"


def _refuse_other_issuer(attempt: LoginAttempt, answered: Redirect) -> None:
    """Refuse what another server sent (RFC 9207): its code is not for this one."""
    server = attempt.known_server
    is_missing = server.names_itself and not answered.issuer
    is_other = bool(answered.issuer and server.issuer) and answered.issuer != server.issuer
    if is_missing or is_other:
        raise LoginRefused(
            "This answer comes from another authorization server than the login was begun at. "
            "It was not used.",
            code="login_wrong_issuer",
        )


def _take_refusal(attempt: LoginAttempt, answered: Redirect, *, now: datetime) -> None:
    if answered.error == "access_denied":
        attempt.end(Status.DENIED, "", now=now)
        return
    message = f"The vendor refused the login: “{answered.words}”. Check the client id and scopes."
    attempt.end(Status.FAILED, message, now=now)
