"""Access tokens in memory: fetched once for all who ask, renewed before they run out.

Never stored and never logged. Moments are the callers'; threads may share one of these.
"""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock, Thread

import structlog

RENEWED_AHEAD = timedelta(minutes=5)
SPARE = timedelta(seconds=30)  # a call under way still arrives with a good token
TRIED_AGAIN_AFTER = timedelta(seconds=30)

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What an authorization server gave, and until when it is good."""

    value: str = field(repr=False)
    expires_at: datetime


Fetch = Callable[[], AccessToken]


@dataclass(slots=True)
class _Held:
    token: AccessToken
    renew_at: datetime


class AccessTokens:
    """A bounded memory of tokens by a key of the caller's; the least used goes first."""

    def __init__(self, *, most: int = 1000) -> None:
        self._most = most
        self._lock = Lock()
        self._held: OrderedDict[bytes, _Held] = OrderedDict()
        self._under_way: dict[bytes, Future[AccessToken]] = {}

    def current(self, key: bytes, *, at: datetime, fetch: Fetch) -> AccessToken | None:
        """Return the token that is good at this moment, if there is one; never waits.

        Where it runs out soon, `fetch` is started in a thread of its own.
        """
        with self._lock:
            token = self._good(key, at)
            is_due = token is not None and at >= self._held[key].renew_at
            if is_due:
                self._held[key].renew_at = at + TRIED_AGAIN_AFTER
        if is_due:
            Thread(target=self._renew, args=(key, fetch), daemon=True).start()
        return token

    def get(self, key: bytes, *, at: datetime, fetch: Fetch) -> AccessToken:
        """Return a token that is good at this moment, and fetch it where there is none.

        However many ask for one key at once, one fetches; all get its token, or its exception.
        """
        with self._lock:
            token = self._good(key, at)
            if token is not None:
                return token
            under_way = self._under_way.get(key)
            is_first = under_way is None
            if under_way is None:
                under_way = self._under_way[key] = Future()
        if is_first:
            self._fetch(key, under_way, fetch)
        return under_way.result()

    def forget(self, key: bytes) -> None:
        with self._lock:
            self._held.pop(key, None)

    def _good(self, key: bytes, at: datetime) -> AccessToken | None:
        held = self._held.get(key)
        if held is None or at >= held.token.expires_at - SPARE:
            return None
        self._held.move_to_end(key)
        return held.token

    def _fetch(self, key: bytes, under_way: "Future[AccessToken]", fetch: Fetch) -> None:
        try:
            token = fetch()
        except BaseException as error:
            self._end(key)
            under_way.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            self._keep(key, token)
            self._end(key)
            under_way.set_result(token)

    def _renew(self, key: bytes, fetch: Fetch) -> None:
        try:
            token = fetch()
        except Exception as error:  # noqa: BLE001 - whatever it is, the present token still serves
            logger.warning("access token not renewed yet", why=type(error).__name__)
        else:
            self._keep(key, token)

    def _keep(self, key: bytes, token: AccessToken) -> None:
        with self._lock:
            self._held[key] = _Held(token, token.expires_at - RENEWED_AHEAD)
            self._held.move_to_end(key)
            if len(self._held) > self._most:
                self._held.popitem(last=False)

    def _end(self, key: bytes) -> None:
        with self._lock:
            del self._under_way[key]
