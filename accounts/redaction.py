"""Secrets in what the audit keeps: replaced by fingerprints, by the names of their fields."""

import hashlib
import hmac
import itertools
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.encoding import force_bytes

from foundation.crypto import derive

_LABEL: Final = "audit-fingerprints"
_SHOWN: Final = 12  # hex characters: enough to tell two values apart, useless to guess one

_WORDS: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_SECRET_WORDS: Final = frozenset(
    {"authorization", "ciphertext", "credential", "credentials", "passphrase", "passwd", "password"}
    | {"secret", "secrets", "token", "value", "wrapped", "cookie", "signature", "headers"}
)
_SECRET_PAIRS: Final = frozenset({"api key", "private key", "access key", "data key", "root key"})
_HARMLESS_ENDINGS: Final = frozenset({"id", "ids", "at", "prefix", "name", "kind", "count", "host"})


def redacted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Copy fields as plain JSON values, secrets replaced by a keyed fingerprint.

    Equal values have equal fingerprints, so a change shows; only SECRET_KEY could test a guess.
    """
    plain = json.loads(json.dumps(_without_bytes(fields), cls=DjangoJSONEncoder))
    return {name: _redacted(name, value) for name, value in plain.items()}


def is_secret_name(name: str) -> bool:
    """Tell whether a field of this name holds a secret: ``apiKey`` does, ``secret_id`` does not."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _HARMLESS_ENDINGS:
        return False
    pairs = {f"{first} {second}" for first, second in itertools.pairwise(words)}
    return not (_SECRET_WORDS.isdisjoint(words) and _SECRET_PAIRS.isdisjoint(pairs))


def fingerprint(value: str | bytes) -> str:
    """Name a secret value without telling it."""
    content = value if isinstance(value, bytes) else value.encode()
    key = derive(force_bytes(settings.SECRET_KEY), _LABEL)
    return f"fingerprint:{hmac.new(key, content, hashlib.sha256).hexdigest()[:_SHOWN]}"


def _redacted(name: str, value: Any) -> Any:
    if is_secret_name(name) and value not in (None, "", [], {}):
        return fingerprint(value if isinstance(value, str) else json.dumps(value, sort_keys=True))
    if isinstance(value, dict):
        return {key: _redacted(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_redacted("", inner) for inner in value]
    return value


def _without_bytes(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return fingerprint(bytes(value))
    if isinstance(value, Mapping):
        return {str(key): _without_bytes(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_bytes(inner) for inner in value]
    return value
