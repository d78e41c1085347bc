"""The words of a login: servers, tokens, codes for a device, and refusals. Values only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Flow(StrEnum):
    """How a person, or Axiom itself, comes to a first token."""

    CODE = "code"
    DEVICE = "device"
    CLIENT_CREDENTIALS = "client-credentials"


@dataclass(frozen=True, slots=True)
class Server:
    """An authorization server's addresses, as a provider's settings or its issuer name them.

    `names_itself` is whether its redirects carry its issuer (RFC 9207); `wants_basic` whether it
    takes a client's secret in a header alone.
    """

    token_url: str
    authorization_url: str = ""
    device_url: str = ""
    issuer: str = ""
    names_itself: bool = False
    wants_basic: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """Who Axiom is to an authorization server."""

    client_id: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a server gave; `expires_at` is None where it did not say when the access token ends."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None

    @property
    def secrets(self) -> Iterable[str]:
        return filter(None, (self.access_token, self.refresh_token))


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person types at the vendor's address, and what Axiom asks with meanwhile."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    address: str
    whole_address: str
    interval: timedelta
    lasts: timedelta


class Refusal(StrEnum):
    """Why a server gave no token."""

    PENDING = "pending"  # the person has not decided yet
    SLOW_DOWN = "slow_down"
    DENIED = "denied"
    EXPIRED = "expired"
    INVALID_GRANT = "invalid_grant"  # what was shown is used up, revoked or unknown
    INVALID_CLIENT = "invalid_client"
    TROUBLE = "trouble"  # the server's own; asking again later may do
    OTHER = "other"

    @property
    def ends_a_login(self) -> bool:
        """Whether no renewal can do any more: somebody has to sign in again."""
        return self in {Refusal.INVALID_GRANT, Refusal.INVALID_CLIENT, Refusal.DENIED}


class TokenRefused(Exception):
    """A server gave no token; the message is for people and free of secrets."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.message = message
