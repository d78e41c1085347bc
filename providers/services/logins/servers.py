"""Calls to a provider's authorization server, each through the egress policy.

It loads authlib, so it is imported when a call is made.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from providers.kinds import client as way_out
from providers.kinds.client import CallFailed
from providers.kinds.oauth import protocol
from providers.kinds.oauth.settings import LoginSettings
from providers.kinds.oauth.vocabulary import (
    Client,
    DeviceCode,
    Refusal,
    Server,
    TokenRefused,
    Tokens,
)
from providers.kinds.vocabulary import Answer, ErrorClass, Request, UnreadableAnswer
from providers.models import EgressRule, Provider

CALL_TIMEOUT_S: Final = 10.0
_MOST_BYTES: Final = 262_144


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """One provider's authorization server, and who Axiom is to it.

    Each method makes one call of up to 10 s (discovery two): never inside a transaction. What
    goes wrong is a TokenRefused with words for people.
    """

    settings: LoginSettings
    server: Server
    client: Client
    sender: way_out.Client

    @classmethod
    def of(
        cls, provider: Provider, *, now: datetime, known: Server | None = None
    ) -> "AuthorizationServer":
        """Open the client's secret; raises SecretNeedsValue. `known` is what was found before."""
        settings = provider.login_settings
        values = provider.secret.open(purpose="login", now=now) if provider.secret else {}
        return cls(
            settings,
            known or settings.server,
            Client(settings.client_id, values.get("client_secret", "")),
            way_out.Client(EgressRule.objects.policy_for(provider.project)),
        )

    @property
    def name(self) -> str:
        return self.settings.host

    def found(self) -> Server:
        """Ask the issuer for what the settings leave open; what they say is kept."""
        if not self.settings.needs_discovery:
            return self.server
        failure = ""
        for url in protocol.metadata_urls(self.settings.issuer):
            try:
                said = protocol.read_metadata(
                    self._answer(Request("GET", url)), self.settings.issuer
                )
            except (UnreadableAnswer, TokenRefused) as error:
                failure = failure or str(error)
                continue
            return self._completed(said)
        raise TokenRefused(Refusal.OTHER, f"{failure} Check the issuer, or enter the addresses.")

    def exchange(self, *, code: str, verifier: str, redirect_url: str, at: datetime) -> Tokens:
        request = protocol.code_request(
            self.server, self.client, code=code, verifier=verifier, redirect_url=redirect_url
        )
        return self._tokens(request, hidden=(code, verifier), at=at)

    def refresh(self, refresh_token: str, *, at: datetime) -> Tokens:
        request = protocol.refresh_request(self.server, self.client, refresh_token=refresh_token)
        return self._tokens(request, hidden=(refresh_token,), at=at)

    def own_tokens(self, *, at: datetime) -> Tokens:
        """Ask for a token of Axiom's own: nobody signs in."""
        request = protocol.own_request(self.server, self.client, self.settings)
        return self._tokens(request, hidden=(), at=at)

    def device_code(self) -> DeviceCode:
        answer = self._answer(protocol.device_request(self.server, self.client, self.settings))
        return protocol.read_device_code(answer, who=self.name, secrets=self._hidden())

    def device_tokens(self, device_code: str, *, at: datetime) -> Tokens:
        request = protocol.device_token_request(self.server, self.client, device_code=device_code)
        return self._tokens(request, hidden=(device_code,), at=at)

    def _tokens(self, request: Request, *, hidden: tuple[str, ...], at: datetime) -> Tokens:
        answer = self._answer(request)
        secrets = self._hidden(*hidden)
        return protocol.read_tokens(answer, who=self.name, secrets=secrets, at=at)

    def _answer(self, request: Request) -> Answer:
        try:
            return self.sender.send(request, timeout_s=CALL_TIMEOUT_S, max_body=_MOST_BYTES)
        except CallFailed as error:
            is_blocked = error.error_class is ErrorClass.BLOCKED
            refusal = Refusal.OTHER if is_blocked else Refusal.TROUBLE
            raise TokenRefused(refusal, error.message) from error

    def _hidden(self, *more: str) -> tuple[str, ...]:
        return tuple(filter(None, (self.client.client_secret, *more)))

    def _completed(self, said: Server) -> Server:
        typed = self.settings
        return Server(
            token_url=typed.token_url or said.token_url,
            authorization_url=typed.authorization_url or said.authorization_url,
            device_url=typed.device_url or said.device_url,
            issuer=said.issuer,
            names_itself=said.names_itself,
            wants_basic=said.wants_basic,
        )
