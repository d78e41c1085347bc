"""What keys the installation is encrypted under; to be read, it changes nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q

from accounts.models import KeyEncryptionKey
from foundation.crypto import RootKeyRing
from foundation.crypto.registry import EncryptedField, encrypted_fields
from providers.models import Secret
from providers.models.sealed import sealed_models

_NAMED = 50


@dataclass(frozen=True, slots=True)
class RootKeyUse:
    """A root key by its fingerprint: whether it is given, seals new keys, and how many it wraps."""

    fingerprint: str
    is_given: bool
    is_primary: bool
    wrappers: int


@dataclass(frozen=True, slots=True)
class EncryptionState:
    source: str
    root_keys: tuple[RootKeyUse, ...]
    secrets: int
    closed: tuple[Secret, ...]
    closed_count: int
    fields: tuple[EncryptedField, ...]


def state() -> EncryptionState:
    """Count what stands under which key: a fixed number of queries, and no value is opened."""
    ring: RootKeyRing = settings.ROOT_KEYS
    closed = Secret.objects.exclude(
        key__destroyed_at=None, key__root_fingerprint__in=ring.fingerprints
    )
    return EncryptionState(
        source=settings.KEY_SOURCE,
        root_keys=_root_keys(ring),
        secrets=Secret.objects.count(),
        closed=tuple(closed.select_related("project")[:_NAMED]),
        closed_count=closed.count(),
        fields=encrypted_fields(),
    )


def with_wrappers(keys: Sequence[KeyEncryptionKey]) -> list[tuple[KeyEncryptionKey, int]]:
    """Give each key-encryption key with the number of records whose data keys it wraps."""
    counts: Counter[int] = Counter()
    for model in sealed_models():
        mine = model._default_manager.filter(key__in=keys).order_by()
        counts.update(dict(mine.values_list("key").annotate(count=Count("pk"))))
    return [(key, counts[key.pk]) for key in keys]


def _root_keys(ring: RootKeyRing) -> tuple[RootKeyUse, ...]:
    standing = KeyEncryptionKey.objects.filter(Q(destroyed_at=None))
    rows = standing.order_by().values_list("root_fingerprint").annotate(count=Count("pk"))
    wrappers = dict(rows)
    fingerprints = dict.fromkeys([*ring.fingerprints, *sorted(wrappers)])
    return tuple(
        RootKeyUse(
            fingerprint=fingerprint,
            is_given=fingerprint in ring.fingerprints,
            is_primary=fingerprint == ring.primary.fingerprint,
            wrappers=wrappers.get(fingerprint, 0),
        )
        for fingerprint in fingerprints
    )
