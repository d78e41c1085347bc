"""Envelope encryption and the root keys above it; the only importer of cryptography.

The model field lives in ``foundation.crypto.fields``, so that this package loads without Django.
"""

from foundation.crypto.envelope import CannotOpen, new_key, open_sealed, seal
from foundation.crypto.keys import RootKey, RootKeyRing, WeakKey, derive
from foundation.crypto.sources import RootKeyUnavailable, create_key_file, load_root_keys

__all__ = [
    "CannotOpen",
    "RootKey",
    "RootKeyRing",
    "RootKeyUnavailable",
    "WeakKey",
    "create_key_file",
    "derive",
    "load_root_keys",
    "new_key",
    "open_sealed",
    "seal",
]
