"""The rows of API keys: what each may do, why it works or does not."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from accounts.authority import Principal
from accounts.models import ApiKey
from accounts.panels.people import lacking
from accounts.presets import name_of
from foundation.panels import MenuItem, Way

REVOKE = "apiKeys:RevokeApiKey"
_LOOKS = {"active": "is-good", "expired": "is-warning"}


@dataclass(frozen=True, slots=True)
class KeyRow:
    key: ApiKey
    url: str
    state: str
    rights: str
    menu: tuple[MenuItem, ...]

    @property
    def look(self) -> str:
        return _LOOKS.get(self.state, "is-bad")


def key_rows(keys: Iterable[ApiKey], principal: Principal) -> tuple[KeyRow, ...]:
    """Give each key a row; they come with their creators and projects."""
    return tuple(_row(key, principal) for key in keys)


def _row(key: ApiKey, principal: Principal) -> KeyRow:
    url = reverse("admin:accounts_apikey_change", args=[key.public_id])
    reason = lacking(principal, REVOKE, key) or ("It was revoked." if key.revoked_at else "")
    revoke = reverse("admin:accounts_apikey_revoke", args=[key.public_id])
    menu = (
        MenuItem("View", url, Way.OPEN),
        MenuItem("Revoke", revoke, Way.ASK, reason, is_dangerous=True),
    )
    return KeyRow(key, url, key.state_at(principal.now), name_of(key.policy), menu)
