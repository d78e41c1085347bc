"""Client tokens: 256 random bits, of which only a keyed hash and a few characters are kept."""

import hashlib
import hmac
import re
import secrets
from functools import lru_cache

from django.conf import settings
from django.utils.encoding import force_bytes

from foundation.crypto import derive

_RANDOM_BYTES = 32
_SHOWN_CHARACTERS = 6
_RANDOM_TEXT = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token(prefix: str) -> str:
    """Make a token such as ``axk_`` and 43 characters; it is shown once and never stored."""
    return f"{prefix}_{secrets.token_urlsafe(_RANDOM_BYTES)}"


def has_shape_of(token: str, prefix: str) -> bool:
    """Tell whether it could be a token at all: what could not is refused without a look-up."""
    start, _, random = token.partition("_")
    return start == prefix and bool(_RANDOM_TEXT.fullmatch(random))


def shown_prefix(token: str) -> str:
    """Give the start of a token, by which people tell theirs apart: ``axk_Ab3dEf``."""
    prefix, _, random = token.partition("_")
    return f"{prefix}_{random[:_SHOWN_CHARACTERS]}"


def token_hash(token: str, *, label: str) -> str:
    """Hash a token as it is stored now, under SECRET_KEY."""
    return _keyed_hash(token, settings.SECRET_KEY, label)


def token_hashes(token: str, *, label: str) -> tuple[str, ...]:
    """Hash a token in every way that it may have been stored: SECRET_KEY_FALLBACKS count too."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return tuple(_keyed_hash(token, key, label) for key in keys)


def is_token_of(token: str, stored_hash: str, *, label: str) -> bool:
    """Compare in constant time."""
    hashes = token_hashes(token, label=label)
    matches = [hmac.compare_digest(hashed, stored_hash) for hashed in hashes]
    return any(matches)


def _keyed_hash(token: str, secret_key: str | bytes, label: str) -> str:
    return hmac.new(_derived(secret_key, label), token.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=16)
def _derived(secret_key: str | bytes, label: str) -> bytes:
    return derive(force_bytes(secret_key), label)
