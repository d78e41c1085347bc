"""Google's service accounts: what their JSON must be, and the access tokens that it buys.

google-auth signs the assertion, and is imported when somebody first needs a token. It does no
more than that: its own refresh sleeps between tries, looks up further addresses, and goes where
the JSON says. The JSON is what a user typed; the address of the token service is ours.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode, urlsplit

import orjson

from providers.kinds import errors
from providers.kinds.access_tokens import AccessToken, AccessTokens
from providers.kinds.dialects import reading
from providers.kinds.vocabulary import (
    Answer,
    Endpoint,
    ErrorClass,
    Failure,
    NotAuthorized,
    Request,
    Send,
    UnreadableAnswer,
)

if TYPE_CHECKING:
    from google.auth.crypt import RSASigner

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
FIELD = "service_account"

_TOKEN_HOSTS = {"oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"}
_UNIVERSE = "googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME = timedelta(hours=1)  # the longest that Google gives
_REQUIRED = ("client_email", "private_key", "token_uri")
_LABEL = "Google's token service"


class ServiceAccountInvalid(ValueError):
    """The text is not the JSON key of a service account; the message says what to paste."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Who a key is of, and the key."""

    email: str
    key_id: str
    signer: "RSASigner" = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Self:
        """Read and check the JSON that Google's console hands out for a key."""
        content = _content(text)
        for name in _REQUIRED:
            if not reading.text(content, name).strip():
                raise ServiceAccountInvalid(f"The JSON has no {name}. Paste the whole file.")
        _check_home(content)
        return cls(
            email=reading.text(content, "client_email").strip(),
            key_id=reading.text(content, "private_key_id"),
            signer=_signer(reading.text(content, "private_key")),
        )


def problem(text: str) -> str:
    """Say what is wrong with a service account's JSON, nothing where it can be used."""
    try:
        ServiceAccount.of(text)
    except ServiceAccountInvalid as error:
        return str(error)
    return ""


class ServiceAccountTokens:
    """Puts a service account's access token into requests; fetches and keeps tokens for that.

    Tokens are kept by what they were bought with, so that another value of a credential never
    meets the token of an earlier one.
    """

    def __init__(self, *, token_url: str = TOKEN_URL) -> None:
        self._token_url = token_url
        self._tokens = AccessTokens()
        self._salt = secrets.token_bytes(16)

    def at_once(
        self, request: Request, endpoint: Endpoint, *, at: datetime, send: Send
    ) -> Request | None:
        fetch = partial(self._fetch, endpoint, at, send)
        token = self._tokens.current(self._key(endpoint), at=at, fetch=fetch)
        return _with(token, request) if token else None

    def authorized(
        self, request: Request, endpoint: Endpoint, *, at: datetime, send: Send
    ) -> Request:
        ready = self.at_once(request, endpoint, at=at, send=send)
        if ready is not None:
            return ready
        fetch = partial(self._fetch, endpoint, at, send)
        return _with(self._tokens.get(self._key(endpoint), at=at, fetch=fetch), request)

    def forget(self, endpoint: Endpoint) -> None:
        self._tokens.forget(self._key(endpoint))

    def _key(self, endpoint: Endpoint) -> bytes:
        bought_with = endpoint.credential.get(FIELD, "").encode()
        return hashlib.blake2b(bought_with, key=self._salt, digest_size=32).digest()

    def _fetch(self, endpoint: Endpoint, at: datetime, send: Send) -> AccessToken:
        try:
            account = ServiceAccount.of(endpoint.credential.get(FIELD, ""))
        except ServiceAccountInvalid as error:
            raise NotAuthorized(_failure(ErrorClass.INVALID_KEY, str(error))) from error
        answer = send(token_request(account, at=at, url=self._token_url))
        if not answer.is_ok:
            raise NotAuthorized(errors.classify(_LABEL, answer, secrets=endpoint.secrets))
        try:
            return read_token(answer, at=at)
        except UnreadableAnswer as error:
            message = f"{_LABEL} gave no token. Try again in a minute. {error}"
            raise NotAuthorized(_failure(ErrorClass.PROVIDER_ERROR, message)) from error


def token_request(account: ServiceAccount, *, at: datetime, url: str) -> Request:
    """Build the call that exchanges a signed assertion for a token (RFC 7523)."""
    from google.auth import jwt  # noqa: PLC0415 - 0.15 s that only Vertex AI costs

    issued_at = int(at.timestamp())
    claims = {
        "iss": account.email,
        "scope": _SCOPE,
        "aud": TOKEN_URL,
        "iat": issued_at,
        "exp": issued_at + int(_LIFETIME.total_seconds()),
    }
    key_id = account.key_id or None
    assertion: bytes = jwt.encode(account.signer, claims, key_id=key_id)  # type: ignore[no-untyped-call]  # google-auth has no types here
    body = urlencode({"grant_type": _GRANT, "assertion": assertion.decode()})
    fields = {"content-type": "application/x-www-form-urlencoded"}
    return Request("POST", url, fields, body.encode())


def read_token(answer: Answer, *, at: datetime) -> AccessToken:
    """Read a token, good from `at` on; raises `UnreadableAnswer`."""
    content = reading.object_of(answer)
    value, seconds = reading.text(content, "access_token"), reading.count(content, "expires_in")
    if not value or not seconds:
        raise reading.wrong_shape("access_token with its expires_in")
    return AccessToken(value, at + min(timedelta(seconds=seconds), _LIFETIME))


def _content(text: str) -> reading.Json:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise ServiceAccountInvalid(
            "This is not JSON. Paste the whole file of a service account's key, from { to }."
        )
    if content.get("type") != "service_account":
        raise ServiceAccountInvalid(
            "This JSON is not the key of a service account. "
            "Create a key of the type JSON for one, and paste that file."
        )
    return content


def _check_home(content: reading.Json) -> None:
    """Refuse a key of another cloud: it would be shown to Google, or ask to be shown elsewhere."""
    try:
        uri = urlsplit(reading.text(content, "token_uri").strip())
        is_ours = uri.scheme == "https" and uri.netloc in _TOKEN_HOSTS
    except ValueError:
        is_ours = False
    if not is_ours:
        raise ServiceAccountInvalid(f"The JSON's token_uri must be Google's own, {TOKEN_URL}.")
    if content.get("universe_domain", _UNIVERSE) != _UNIVERSE:
        raise ServiceAccountInvalid(f"The JSON's universe_domain must be {_UNIVERSE}.")


def _signer(private_key: str) -> "RSASigner":
    from google.auth.crypt import RSASigner  # noqa: PLC0415 - as above

    try:
        signer: RSASigner = RSASigner.from_string(private_key)  # type: ignore[no-untyped-call]  # as above
        signer.sign(b"")
    except Exception as error:
        raise ServiceAccountInvalid(
            "The JSON's private_key can't be read. Paste the file as it was downloaded."
        ) from error
    return signer


def _with(token: AccessToken, request: Request) -> Request:
    fields = {**request.headers, "authorization": f"Bearer {token.value}"}
    return Request(request.method, request.url, fields, request.body)


def _failure(error_class: ErrorClass, message: str) -> Failure:
    return Failure(error_class, message, http_status=None)
