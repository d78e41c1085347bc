"""What a provider's own settings say of its login."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from providers.kinds.oauth.vocabulary import Flow, Server
from providers.kinds.origins import origin_of

URL_FIELDS: Final = ("issuer", "authorization_url", "device_url", "token_url")
FLOW_CHOICES: Final = (
    (Flow.CODE.value, "Authorization code with PKCE"),
    (Flow.DEVICE.value, "Device code"),
    (Flow.CLIENT_CREDENTIALS.value, "Client credentials"),
)


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """One provider's way to its tokens; what is empty is not said."""

    flow: Flow
    client_id: str = ""
    issuer: str = ""
    authorization_url: str = ""
    device_url: str = ""
    token_url: str = ""
    scopes: str = ""
    audience: str = ""
    redirect_url: str = ""
    parameters: str = ""

    @classmethod
    def of(cls, config: Mapping[str, str], *, flow: Flow | None) -> Self:
        """Read a provider's complete settings; `flow` None lets them choose."""
        said = {name: config.get(name, "").strip() for name in cls.__slots__ if name != "flow"}
        return cls(flow=flow or _flow_in(config), **said)

    @property
    def needs_discovery(self) -> bool:
        """Whether the issuer has to be asked for an address that is not entered."""
        return bool(self.issuer) and not (self.token_url and self._asking_url)

    @property
    def asks_a_person(self) -> bool:
        return self.flow is not Flow.CLIENT_CREDENTIALS

    @property
    def server(self) -> Server:
        """The addresses as they are entered."""
        return Server(
            token_url=self.token_url,
            authorization_url=self.authorization_url,
            device_url=self.device_url,
            issuer=self.issuer,
        )

    @property
    def called(self) -> dict[str, str]:
        """The addresses that are called from here, by field; people's browsers open the other."""
        fields = ("issuer", "device_url", "token_url")
        return {field: getattr(self, field) for field in fields}

    @property
    def host(self) -> str:
        """The origin that a client's secret and refresh tokens go to."""
        return _origin(self.token_url) or _origin(self.issuer)

    def binding(self, base_url: str) -> str:
        """Name what tokens are good for: another value means that they were given for elsewhere."""
        parts = (
            origin_of(base_url),
            self.flow,
            self.client_id,
            self.issuer,
            self.authorization_url,
            self.device_url,
            self.token_url,
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def problems(self) -> Iterator[tuple[str, str]]:
        """Say what is missing: field -> sentence."""
        if self.issuer:
            return
        if not self.token_url:
            yield "issuer", "Enter the issuer, or the addresses below it."
        elif self.flow is Flow.CODE and not self.authorization_url:
            yield "authorization_url", "Enter the address of the login page, or the issuer."
        elif self.flow is Flow.DEVICE and not self.device_url:
            yield "device_url", "Enter the address that gives device codes, or the issuer."

    @property
    def _asking_url(self) -> str:
        if self.flow is Flow.CODE:
            return self.authorization_url
        return self.device_url if self.flow is Flow.DEVICE else self.token_url


def url_problem(value: str) -> str:
    """Say what is wrong with an address that people typed; nothing where it can be called."""
    try:
        parts = urlsplit(value)
        is_fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        is_fit = False
    if not is_fit or not value.isascii() or any(sign.isspace() for sign in value):
        return "Enter a whole address that begins with https://, without a user's name in it."
    return "Leave out the # and what follows it." if parts.fragment else ""


def _flow_in(config: Mapping[str, str]) -> Flow:
    said = config.get("flow", "").strip()
    return Flow(said) if said in set(Flow) else Flow.CODE


def _origin(url: str) -> str:
    try:
        return origin_of(url)
    except ValueError:
        return ""
