"""Credentials and extra headers, as header fields; names are in lower case throughout.

A credential travels in a header and never in a URL: URLs end up in logs.
"""

import re
from collections.abc import Callable, Iterator

from providers.kinds.vocabulary import Endpoint

AGENT = "Axiom"  # how Axiom names itself to whomever it calls

HeaderFields = dict[str, str]
Authorize = Callable[[Endpoint], HeaderFields]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110: token
_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OWNED_BY_THE_CONNECTION = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class HeadersInvalid(ValueError):
    """Extra headers that can't be sent; the message names the line."""


def nothing(_endpoint: Endpoint) -> HeaderFields:
    return {}


def bearer(endpoint: Endpoint) -> HeaderFields:
    """Return the key as a Bearer token, or nothing where no key is kept."""
    key = endpoint.credential.get("api_key", "")
    return {"authorization": f"Bearer {key}"} if key else {}


def openai(endpoint: Endpoint) -> HeaderFields:
    """Return the key, and the organization and project that pay, where they are set."""
    scope = {
        "openai-organization": endpoint.config.get("organization", ""),
        "openai-project": endpoint.config.get("project", ""),
    }
    return bearer(endpoint) | {name: value for name, value in scope.items() if value}


def api_key(endpoint: Endpoint) -> HeaderFields:
    key = endpoint.credential.get("api_key", "")
    return {"api-key": key} if key else {}


def x_api_key(endpoint: Endpoint) -> HeaderFields:
    key = endpoint.credential.get("api_key", "")
    return {"x-api-key": key} if key else {}


def x_goog_api_key(endpoint: Endpoint) -> HeaderFields:
    key = endpoint.credential.get("api_key", "")
    return {"x-goog-api-key": key} if key else {}


def oauth_token(endpoint: Endpoint) -> HeaderFields:
    return {"authorization": f"Bearer {endpoint.credential.get('oauth_token', '')}"}


def access_token(endpoint: Endpoint) -> HeaderFields:
    """Return what a login brought; it was renewed before, where it had run out."""
    return {"authorization": f"Bearer {endpoint.credential.get('access_token', '')}"}


def bearer_and_extra(endpoint: Endpoint) -> HeaderFields:
    return bearer(endpoint) | extra(endpoint)


def chosen_and_extra(endpoint: Endpoint) -> HeaderFields:
    """Return the key in the header that the provider's `key_header` names, and the extra ones."""
    key = bearer if endpoint.config.get("key_header") == "bearer" else x_api_key
    return key(endpoint) | extra(endpoint)


def extra(endpoint: Endpoint) -> HeaderFields:
    """Return the headers that people typed; the secret ones win over the plain ones."""
    plain = endpoint.config.get("extra_headers", "")
    secret = endpoint.credential.get("secret_headers", "")
    if not plain and not secret:
        return {}
    return parse_lines(plain) | parse_lines(secret)


def parse_lines(text: str) -> HeaderFields:
    """Read `Name: value` lines; `HeadersInvalid` for what HTTP or the connection forbids."""
    return dict(_parse_line(number, line) for number, line in _filled_lines(text))


def _filled_lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if line.strip():
            yield number, line


def _parse_line(number: int, line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name, value = name.strip().lower(), value.strip()
    if not colon or not value:
        raise HeadersInvalid(f"Line {number} is not “Name: value”.")
    if not _NAME.fullmatch(name):
        raise HeadersInvalid(f"Line {number}: a header's name has letters, digits and dashes.")
    if name in _OWNED_BY_THE_CONNECTION or name.startswith("proxy-"):
        raise HeadersInvalid(f"Line {number}: {name} is set by the connection itself.")
    if not is_sendable(value):
        raise HeadersInvalid(f"Line {number}: the value has characters that a header can't carry.")
    return name, value


def is_sendable(value: str) -> bool:
    """Tell whether a header can carry this value unchanged: plain ASCII on one line."""
    return value.isascii() and not _CONTROL.search(value)
