"""What accounts know to expire: API keys, and root keys by their age."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Min

from accounts.expiry.registry import Registry
from accounts.expiry.vocabulary import Expiry, Window
from accounts.models import ApiKey, KeyEncryptionKey

ROOT_KEY_LASTS: Final = timedelta(days=365)
MOST: Final = 500


def register(registry: Registry) -> None:
    registry.register(api_keys, root_key)


def api_keys(window: Window) -> Iterator[Expiry]:
    """List keys that will end; one that has ended is nobody's work any more."""
    usable = window.rows(ApiKey.objects.select_related("project")).usable_at(window.now)
    for key in usable.filter(expires_at__lte=window.until).order_by("expires_at", "pk")[:MOST]:
        yield Expiry(
            key=key.public_id,
            what="API key",
            name=key.name,
            ends_at=key.expires_at,
            stops="Programs with it are refused.",
            page="admin:accounts_apikey_change",
            project=key.project,
            about=key.public_id,
        )


def root_key(window: Window) -> Iterator[Expiry]:
    """Say when the root key has served for a year, counted from the oldest key under it."""
    if not window.shows_instance:
        return
    fingerprint: str = settings.ROOT_KEYS.primary.fingerprint
    under_it = KeyEncryptionKey.objects.standing().filter(root_fingerprint=fingerprint)
    since = under_it.aggregate(since=Min("created_at"))["since"]
    if since is None or since + ROOT_KEY_LASTS > window.until:
        return
    yield Expiry(
        key=f"root key {fingerprint}",
        what="Root key",
        name=fingerprint,
        ends_at=since + ROOT_KEY_LASTS,
        stops="Nothing stops, but it has sealed for a year: put a new root key before it.",
        page="admin:accounts_keyencryptionkey_changelist",
    )
