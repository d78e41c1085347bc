"""What is sent to an authorization server, and how its answers are read.

The only importer of authlib, and of its parts that send nothing: every request goes out by the
client that the egress policy checks. It is imported when somebody signs in or a token is renewed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from authlib.common.urls import add_params_to_qs
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oauth2.rfc8414 import get_well_known_url
from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE

from providers.kinds.dialects import reading
from providers.kinds.oauth.redirects import words_of
from providers.kinds.oauth.settings import LoginSettings, url_problem
from providers.kinds.oauth.vocabulary import (
    Client,
    DeviceCode,
    Refusal,
    Server,
    TokenRefused,
    Tokens,
)
from providers.kinds.vocabulary import Answer, Request, UnreadableAnswer

_FORM: Final = {
    "content-type": "application/x-www-form-urlencoded",
    "accept": "application/json",  # GitHub answers a form otherwise
}
_LONGEST_TOKEN_LIFE: Final = timedelta(days=366)
_DEVICE_LASTS: Final = timedelta(minutes=10)
_DEVICE_INTERVAL_S: Final = 5
_REFUSALS: Final[Mapping[str, Refusal]] = {
    "authorization_pending": Refusal.PENDING,
    "slow_down": Refusal.SLOW_DOWN,
    "access_denied": Refusal.DENIED,
    "expired_token": Refusal.EXPIRED,
    "invalid_grant": Refusal.INVALID_GRANT,
    "bad_verification_code": Refusal.INVALID_GRANT,  # GitHub's words
    "bad_refresh_token": Refusal.INVALID_GRANT,  # as above
    "incorrect_client_credentials": Refusal.INVALID_CLIENT,  # as above
    "invalid_client": Refusal.INVALID_CLIENT,
    "unauthorized_client": Refusal.INVALID_CLIENT,
    "temporarily_unavailable": Refusal.TROUBLE,
    "server_error": Refusal.TROUBLE,
}


def authorization_url(
    server: Server, settings: LoginSettings, *, state: str, verifier: str, redirect_url: str
) -> str:
    """Build the address of the vendor's login page: code with PKCE S256."""
    more = dict(parse_qsl(settings.parameters))
    if settings.audience:
        more.setdefault("audience", settings.audience)
    if "offline_access" in settings.scopes.split():
        more.setdefault("prompt", "consent")  # OpenID Connect gives no refresh token without it
    reserved = {"response_type", "client_id", "redirect_uri", "scope", "state"}
    address: str = prepare_grant_uri(
        server.authorization_url,
        settings.client_id,
        "code",
        redirect_uri=redirect_url,
        scope=settings.scopes or None,
        state=state,
        **{name: value for name, value in more.items() if name not in reserved},
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return address


def code_request(
    server: Server, client: Client, *, code: str, verifier: str, redirect_url: str
) -> Request:
    return _token_request(
        server,
        client,
        "authorization_code",
        code=code,
        redirect_uri=redirect_url,
        code_verifier=verifier,
    )


def refresh_request(server: Server, client: Client, *, refresh_token: str) -> Request:
    return _token_request(server, client, "refresh_token", refresh_token=refresh_token)


def own_request(server: Server, client: Client, settings: LoginSettings) -> Request:
    """Build the call by which Axiom gets a token of its own: client credentials."""
    said = {"scope": settings.scopes, "audience": settings.audience}
    return _token_request(server, client, "client_credentials", **said)


def device_request(server: Server, client: Client, settings: LoginSettings) -> Request:
    said = {"scope": settings.scopes, "audience": settings.audience}
    body: str = add_params_to_qs("", [(name, value) for name, value in said.items() if value])
    return _authenticated(server, client, server.device_url, body)


def device_token_request(server: Server, client: Client, *, device_code: str) -> Request:
    return _token_request(server, client, DEVICE_CODE_GRANT_TYPE, device_code=device_code)


def metadata_urls(issuer: str) -> tuple[str, ...]:
    """Say where an issuer describes itself: OpenID Connect's place, then that of RFC 8414."""
    there = issuer.rstrip("/")
    path = get_well_known_url(there, external=True, suffix="oauth-authorization-server")
    return (f"{there}/.well-known/openid-configuration", path)


def read_metadata(answer: Answer, issuer: str) -> Server:
    """Read an issuer's description; raises UnreadableAnswer where it is another's or lacks some."""
    body = reading.object_of(answer)
    if reading.text(body, "issuer").rstrip("/") != issuer.rstrip("/"):
        raise UnreadableAnswer(f"The description at {issuer} is that of another issuer.")
    named = {
        "token_url": reading.text(body, "token_endpoint"),
        "authorization_url": reading.text(body, "authorization_endpoint"),
        "device_url": reading.text(body, "device_authorization_endpoint"),
    }
    if not named["token_url"] or any(url and url_problem(url) for url in named.values()):
        raise UnreadableAnswer(f"The description at {issuer} names no usable token_endpoint.")
    methods = set(reading.items(body, "token_endpoint_auth_methods_supported"))
    return Server(
        **named,
        issuer=reading.text(body, "issuer"),
        names_itself=body.get("authorization_response_iss_parameter_supported") is True,
        wants_basic="client_secret_basic" in methods and "client_secret_post" not in methods,
    )


def read_tokens(answer: Answer, *, who: str, secrets: Sequence[str], at: datetime) -> Tokens:
    """Read the tokens that a server gave at `at`; raises TokenRefused. `who` names the server."""
    body = reading.event_of(answer.body)  # a refusal is an object too
    if not answer.is_ok or "error" in body:
        raise _refused(answer, body, who=who, secrets=secrets)
    access_token = reading.text(body, "access_token")
    kind = reading.text(body, "token_type").lower()
    if not access_token or kind not in {"bearer", ""}:
        message = f"{who} answered, but with no Bearer token. Check the token URL."
        raise TokenRefused(Refusal.OTHER, message)
    return Tokens(access_token, reading.text(body, "refresh_token"), _end(body, at))


def read_device_code(answer: Answer, *, who: str, secrets: Sequence[str]) -> DeviceCode:
    """Read what a person has to type where; raises TokenRefused."""
    body = reading.event_of(answer.body)
    if not answer.is_ok or "error" in body:
        raise _refused(answer, body, who=who, secrets=secrets)
    address = reading.text(body, "verification_uri") or reading.text(body, "verification_url")
    device_code, user_code = reading.text(body, "device_code"), reading.text(body, "user_code")
    if not device_code or not user_code or url_problem(address):
        message = f"{who} answered, but with no device code. Check the device code URL."
        raise TokenRefused(Refusal.OTHER, message)
    whole = reading.text(body, "verification_uri_complete")
    seconds = reading.count(body, "expires_in")
    return DeviceCode(
        device_code=device_code,
        user_code=user_code,
        address=address,
        whole_address="" if url_problem(whole) else whole,
        interval=timedelta(seconds=reading.count(body, "interval") or _DEVICE_INTERVAL_S),
        lasts=timedelta(seconds=seconds) if seconds else _DEVICE_LASTS,
    )


def _token_request(server: Server, client: Client, grant: str, **said: str) -> Request:
    body: str = prepare_token_request(grant, **said)
    return _authenticated(server, client, server.token_url, body)


def _authenticated(server: Server, client: Client, url: str, body: str) -> Request:
    """Say who asks: a public client by its id alone, others with their secret too."""
    client_id, secret = client.client_id, client.client_secret
    if secret and server.wants_basic:
        auth = ClientAuth(quote(client_id, safe=""), quote(secret, safe=""), "client_secret_basic")
    else:
        auth = ClientAuth(client_id, secret, "client_secret_post" if secret else "none")
    url, fields, body = auth.prepare("POST", url, dict(_FORM), body)
    return Request("POST", url, fields, body.encode())


def _end(body: Mapping[str, Any], at: datetime) -> datetime | None:
    """Find when an access token ends; some servers write the seconds as text."""
    said = body.get("expires_in")
    seconds = int(said) if isinstance(said, str) and said.isdecimal() else said
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
        return None
    return at + min(timedelta(seconds=int(seconds)), _LONGEST_TOKEN_LIFE)


def _refused(
    answer: Answer, body: Mapping[str, Any], *, who: str, secrets: Sequence[str]
) -> TokenRefused:
    code = reading.text(body, "error")
    refusal = _REFUSALS.get(code, Refusal.OTHER)
    is_theirs = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if is_theirs or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        refusal = Refusal.TROUBLE
    words = words_of(reading.text(body, "error_description") or code, secrets)
    said = f" It says: “{words}”" if words else ""
    return TokenRefused(refusal, f"{who} gave no token (HTTP {answer.status}).{said}")
