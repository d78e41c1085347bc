"""ETags: which state of an object a client has seen, and whether it still is the one."""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from django.conf import settings
from django.utils.encoding import force_bytes
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from accounts.models.audit import canonical
from foundation.crypto import derive

ANY: Final = "*"
_LABEL: Final = "etags"
_LISTED: Final = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e]{1,64}"\s*(?:,|$)')


class PreconditionFailed(Exception):
    """What the client wants to change is not what it has seen any more."""

    def __init__(self) -> None:
        super().__init__("It was changed meanwhile: read it again, then decide.")


def etag_of(said: Mapping[str, Any], *, observed: Collection[str] = ()) -> str:
    """Name a state of an object: what people set counts, what was `observed` of it does not.

    Keyed, so that nobody can check a guess of a state that they may not see.
    """
    settled = {name: value for name, value in said.items() if name not in observed}
    key = derive(force_bytes(settings.SECRET_KEY), _LABEL)
    text = canonical(_plain(settled))
    return f'"{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]}"'


def wanted_etags(request: Request) -> frozenset[str] | None:
    """Read If-Match; None where the client does not ask. Raises ParseError."""
    header = request.headers.get("If-Match")
    if header is None:
        return None
    if header.strip() == ANY:
        return frozenset({ANY})
    if _LISTED.sub("", header):
        raise ParseError("Write If-Match as the ETag of a GET, quotes included.")
    return frozenset(etag.strip() for etag in header.split(",") if etag.strip())


def refuse_stale(wanted: frozenset[str] | None, current: str) -> None:
    if wanted is None or ANY in wanted or current in wanted:
        return
    raise PreconditionFailed


def _plain(value: Any) -> Any:
    """Give the values as JSON has them, as the client was told."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return _encoder.default(value)


_encoder = JSONEncoder()
