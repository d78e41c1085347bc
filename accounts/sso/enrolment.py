"""The secret of an authenticator app to be: shown once, sealed until its first code comes back."""

import base64

from allauth.core import context
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from django.conf import settings
from django.utils.encoding import force_bytes

from accounts.models import User
from foundation.crypto import CannotOpen, derive, open_sealed, seal

_LABEL = "authenticator app to be"


def secret_of(user: User, *, is_new: bool) -> str:
    """Give the secret that this session is about to share with an app; a new one where asked."""
    session = context.request.session
    kept = "" if is_new else _opened(session.get(SECRET_SESSION_KEY, ""), user)
    secret: str = kept or generate_totp_secret()
    if not kept:
        sealed = seal(secret.encode(), key=_key(), binding=_binding(user))
        session[SECRET_SESSION_KEY] = base64.b64encode(sealed).decode()
    return secret


def _opened(kept: str, user: User) -> str:
    try:
        return open_sealed(base64.b64decode(kept), key=_key(), binding=_binding(user)).decode()
    except CannotOpen:
        return ""


def _key() -> bytes:
    return derive(force_bytes(settings.SECRET_KEY), _LABEL)


def _binding(user: User) -> str:
    return f"session:{SECRET_SESSION_KEY}:{user.public_id}"
