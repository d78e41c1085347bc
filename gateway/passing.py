"""Which of a client's headers travel on to the provider."""

from collections.abc import Mapping
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
# By these a client says which it is.
_CLIENTS_NAMES: Final = frozenset(
    {
        "copilot-integration-id",
        "editor-plugin-version",
        "editor-version",
        "originator",
        "user-agent",
        "x-app",
        "x-goog-api-client",
    }
)
_CLIENTS_PREFIX: Final = "x-stainless-"
_BETA: Final = "anthropic-beta"  # names features, and among them Anthropic's own client
_CLIENTS_BETA_PREFIX: Final = "claude-code-"
_KEPT_BACK_PREFIXES: Final = ("proxy-", "x-forwarded-", "x-real-", "x-axiom-", "sec-", "cf-")


def passed(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that mean something to a provider, such as `traceparent`."""
    kept = {name: value for name, value in headers.items() if name not in _KEPT_BACK}
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
    kept = {name: value for name, value in headers.items() if not _names_client(name)}
    features = _features(kept.pop(_BETA, ""))
    if features:
        kept[_BETA] = features
    return {**kept, "user-agent": AGENT}


def _names_client(name: str) -> bool:
    return name in _CLIENTS_NAMES or name.startswith(_CLIENTS_PREFIX)


def _features(beta: str) -> str:
    features = (one.strip() for one in beta.split(","))
    return ",".join(one for one in features if not one.startswith(_CLIENTS_BETA_PREFIX))


def _named_by_connection(headers: Mapping[str, str]) -> frozenset[str]:
    """Find the headers that the client's `Connection` says are for this connection only."""
    return frozenset(name.strip().lower() for name in headers.get("connection", "").split(","))
