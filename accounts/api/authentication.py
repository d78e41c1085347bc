"""Who calls the REST API: a key in the Authorization header."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.known_keys import known_keys
from accounts.models import ApiKey, User
from accounts.models.api_key import LABEL, TOKEN_PREFIX
from accounts.reading_keys import key_of
from accounts.tokens import has_shape_of, token_hash

_SCHEME = "bearer"
_REFUSAL = "This API key is not valid: it may be mistyped, revoked or expired."


class ApiKeyAuthentication(BaseAuthentication):
    """Reads ``Authorization: Bearer axk_…``; without that header others may try.

    A view that says ``confirms_keys`` is given keys that this process knows already, without a
    query: it compares their epoch itself, and asks `afresh` where that has moved. Every other
    view gets a key that was read for its request.

    A database that does not answer stays a database error: it is never told as a wrong key.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != _SCHEME or not token.strip():
            raise AuthenticationFailed("Write the header as: Authorization: Bearer axk_…")
        view = (request.parser_context or {}).get("view")
        key = _key_of(token.strip(), may_be_known=getattr(view, "confirms_keys", False))
        return key.created_by, key

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the framework's signature
        return 'Bearer realm="axiom"'


def afresh(request: Request) -> ApiKey:
    """Read the key of a request from the database; raises AuthenticationFailed."""
    token = request.headers["Authorization"].partition(" ")[2].strip()
    return _key_of(token, may_be_known=False)


def _key_of(token: str, *, may_be_known: bool) -> ApiKey:
    if not has_shape_of(token, TOKEN_PREFIX):
        raise AuthenticationFailed(_REFUSAL)
    now, hashed = timezone.now(), token_hash(token, label=LABEL)
    known = known_keys.recall(hashed, now=now) if may_be_known else None
    if known is not None:
        return known
    key = key_of(token, now=now)
    if key is None:
        known_keys.forget(hashed)
        raise AuthenticationFailed(_REFUSAL)
    key.note_use(at=now)
    known_keys.keep(hashed, key, now=now)
    return key
