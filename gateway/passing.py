"""Which of a client's headers travel on to the provider."""

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.principals import TOKEN_HEADERS
from providers.kinds.headers import AGENT
from providers.kinds.kind import Kind

# What belongs to this connection, to the client's own identity, or is written anew.
_KEPT_BACK: Final = frozenset(
    {
        *TOKEN_HEADERS,
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
_CLIENTS_NAMES: Final = frozenset({"user-agent", "originator", "x-app"})
_KEPT_BACK_PREFIXES: Final = ("proxy-", "x-forwarded-", "x-real-", "x-axiom-", "sec-", "cf-")


def passed(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the headers that mean something to a provider, such as `traceparent`."""
    kept = {name: value for name, value in headers if name not in _KEPT_BACK}
    if not kept:
        return kept
    named = _named_by_connection(headers)
    return {
        name: value
        for name, value in kept.items()
        if not name.startswith(_KEPT_BACK_PREFIXES) and name not in named and value.isprintable()
    }


def named(headers: Mapping[str, str], kind: Kind) -> Mapping[str, str]:
    """Say who calls: the client itself, or Axiom where the client says nothing.

    A subscription is called as Axiom: no other name is taken to a vendor that reserves its logins
    for clients of its own.
    """
    if not kind.has_login:
        return headers if "user-agent" in headers else {**headers, "user-agent": AGENT}
    kept = {name: value for name, value in headers.items() if name not in _CLIENTS_NAMES}
    return {**kept, "user-agent": AGENT}


def _named_by_connection(headers: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Find the headers that the client's `Connection` says are for this connection only."""
    options = (value for name, value in headers if name == "connection")
    return frozenset(name.strip().lower() for value in options for name in value.split(","))
