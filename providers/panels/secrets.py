"""The rows of secrets: who uses each, and what may be done with it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from accounts.authority import Principal
from providers.kinds.registry import stored_kind
from providers.models import Provider, Secret
from providers.models.refusals import SecretHasProviders
from providers.panels.menus import MenuItem, Way, lacking


@dataclass(frozen=True, slots=True)
class SecretRow:
    secret: Secret
    kind_label: str
    url: str
    providers: tuple[Provider, ...]
    menu: tuple[MenuItem, ...]

    @property
    def refusal(self) -> str:
        """Say why it can't be deleted now; empty where it can."""
        if not self.providers:
            return ""
        return SecretHasProviders(self.secret, list(self.providers), len(self.providers)).message


def secret_rows(secrets: Iterable[Secret], principal: Principal) -> tuple[SecretRow, ...]:
    """Give each secret its row; they come with their providers."""
    return tuple(_row(secret, principal) for secret in secrets)


def _row(secret: Secret, principal: Principal) -> SecretRow:
    providers = tuple(secret.providers.all())
    row = SecretRow(secret, stored_kind(secret.kind).label, _url(secret, "change"), providers, ())
    lacks_delete = lacking(principal, "secrets:DeleteSecret", secret)
    menu = (
        MenuItem("View", row.url, Way.OPEN),
        MenuItem(
            "Replace value",
            _url(secret, "replace"),
            Way.ASK,
            lacking(principal, "secrets:UpdateSecret", secret),
        ),
        MenuItem(
            "Set expiry",
            _url(secret, "expiry"),
            Way.ASK,
            lacking(principal, "secrets:UpdateSecret", secret),
        ),
        MenuItem("Impact", _url(secret, "impact"), Way.ASK),
        MenuItem(
            "Delete",
            _url(secret, "delete"),
            Way.ASK,
            lacks_delete or row.refusal,
            is_dangerous=True,
        ),
    )
    return SecretRow(row.secret, row.kind_label, row.url, providers, menu)


def _url(secret: Secret, page: str) -> str:
    return reverse(f"admin:providers_secret_{page}", args=[secret.public_id])
