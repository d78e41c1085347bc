"""Who calls: a token's principal, resolved once and remembered until the epoch moves."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from typing import Final

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from accounts.models import ApiKey
from gateway import passes
from gateway.caches import Remembered
from gateway.callers import INVOKE, Caller, caller_of_agent, caller_of_key, caller_with
from gateway.database import Database
from gateway.models import AgentToken
from gateway.refusals import NotAllowed, Refusal, TokenInvalid, Unavailable

TOKEN_HEADERS: Final = ("authorization", "x-api-key", "x-goog-api-key", "api-key")

_MOST_CALLERS: Final = 20_000
_MOST_REJECTED: Final = 4_096
_REJECTED_FOR_S: Final = 1.0
_MOST_LOOK_UPS: Final = (
    1_000  # half a second's work; beyond, wrong tokens would keep right ones out
)
_SOON_S: Final = 1
_TOKEN: Final = re.compile(r"ax[ak]_[A-Za-z0-9_-]{43}|axp_[A-Za-z0-9_:-]{40,600}")
_TOO_MANY: Final = "Too many tokens are being looked up at this moment. Try again in a second."
_OF_AGENTS: Final = "axa_"
_BEARER: Final = "bearer "


class _Verdict(Enum):
    """Why a token has no caller."""

    UNKNOWN = auto()
    POWERLESS = auto()


class _Rejected(Exception):
    def __init__(self, verdict: _Verdict) -> None:
        super().__init__(verdict.name)
        self.verdict = verdict


class Principals:
    """Resolves tokens. A known one costs a hash and a dictionary, and so does a rejected one.

    Tokens themselves are not kept, only their hashes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._callers: Remembered[bytes, Caller] = Remembered(most=_MOST_CALLERS)
        self._rejected: dict[bytes, tuple[_Verdict, float]] = {}

    def known(self, token: str, *, now: float) -> Caller | None:
        """Return the caller of a token that is remembered; raises TokenInvalid.

        `now` is Unix time: a key's expiry counts without anybody telling the gateway.
        """
        caller = self._callers.known(_digest(token))
        return None if caller is None else _unexpired(caller, now)

    async def of(self, token: str, *, now: float) -> Caller:
        """Return a token's caller; raises TokenInvalid, NotAllowed, Unavailable or DatabaseAway."""
        caller = self.known(token, now=now)
        return caller or _unexpired(await self._found(_digest(token), token, now), now)

    def forget(self) -> None:
        self._callers.forget()
        self._rejected.clear()

    async def _found(self, digest: bytes, token: str, now: float) -> Caller:
        if not _TOKEN.fullmatch(token):
            raise _refusal(_Verdict.UNKNOWN)
        verdict, until = self._rejected.get(digest, (_Verdict.UNKNOWN, 0.0))
        if now < until:
            raise _refusal(verdict)
        if self._database.asked >= _MOST_LOOK_UPS:
            raise Unavailable(_TOO_MANY, retry_after_s=_SOON_S)
        try:
            return await self._callers.get(
                digest, partial(self._database.run, partial(_look_up, token))
            )
        except _Rejected as rejected:
            self._reject(digest, rejected.verdict, until=now + _REJECTED_FOR_S)
            raise _refusal(rejected.verdict) from None

    def _reject(self, digest: bytes, verdict: _Verdict, *, until: float) -> None:
        if len(self._rejected) >= _MOST_REJECTED:
            self._rejected.clear()
        self._rejected[digest] = (verdict, until)


def token_in(header: Callable[[str], str | None]) -> str:
    """Find the client's token in the headers of any client family; empty where there is none."""
    bearer = header(TOKEN_HEADERS[0])
    if bearer and bearer[: len(_BEARER)].lower() == _BEARER:
        token = bearer[len(_BEARER) :].strip()
        if token:
            return token
    values = ((header(name) or "").strip() for name in TOKEN_HEADERS[1:])
    return next(filter(None, values), "")


def _digest(token: str) -> bytes:
    if not token:
        raise TokenInvalid(
            "This needs a token. Send an agent's or an API key as “Authorization: Bearer ax…”; "
            "the Agents and API keys pages of your project make them."
        )
    return hashlib.sha256(token.encode()).digest()


def _unexpired(caller: Caller, now: float) -> Caller:
    if caller.expires_at is not None and caller.expires_at <= now:
        raise _refusal(_Verdict.UNKNOWN)
    return caller


def _refusal(verdict: _Verdict) -> Refusal:
    if verdict is _Verdict.POWERLESS:
        return NotAllowed(f"This API key may not call any model: it needs {INVOKE}.")
    return TokenInvalid(
        "This API key or agent's token is not valid: it is wrong, revoked or expired. "
        "The API keys and Agents pages of your project make new ones."
    )


def _look_up(token: str) -> Caller:
    """Read one token's principal from the database; raises `_Rejected`."""
    if token.startswith(passes.PREFIX):
        return _look_up_pass(token)
    return _look_up_agent(token) if token.startswith(_OF_AGENTS) else _look_up_key(token)


def _look_up_key(token: str) -> Caller:
    now = timezone.now()
    key = ApiKey.objects.with_token(token).usable_at(now).with_principal().first()
    if key is None:
        raise _Rejected(_Verdict.UNKNOWN)
    caller = caller_of_key(key)
    if caller.targets is not None and not caller.targets:
        raise _Rejected(_Verdict.POWERLESS)
    return caller


def _look_up_pass(token: str) -> Caller:
    try:
        held, until = passes.read(token)
        caller = caller_with(held)
    except (passes.NotGood, ObjectDoesNotExist):
        raise _Rejected(_Verdict.UNKNOWN) from None
    if caller.targets is not None and not caller.targets:
        raise _Rejected(_Verdict.POWERLESS)
    return replace(caller, expires_at=until)


def _look_up_agent(token: str) -> Caller:
    """Read an agent by one of its tokens: it reaches what its project was granted."""
    found = AgentToken.objects.with_token(token).usable_at(timezone.now()).with_agent().first()
    if found is None:
        raise _Rejected(_Verdict.UNKNOWN)
    return caller_of_agent(found.agent, ends_at=found.ends_at)
