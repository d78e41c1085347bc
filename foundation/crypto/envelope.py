"""Sealing one value under one key, bound to the record that it belongs to."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation.crypto.keys import KEY_LENGTH

_VERSION = b"\x01"
_NONCE_LENGTH = 12
_TAG_LENGTH = 16
_SHORTEST = len(_VERSION) + _NONCE_LENGTH + _TAG_LENGTH


class CannotOpen(Exception):
    """A sealed value that this key and binding don't open."""


def new_key() -> bytes:
    """Make a random 256-bit key."""
    return os.urandom(KEY_LENGTH)


def seal(plaintext: bytes, *, key: bytes, binding: str) -> bytes:
    """Encrypt with AES-256-GCM: a version byte, a random 96-bit nonce, ciphertext and tag.

    ``binding`` names the record; the result opens only with the same binding, so a ciphertext
    pasted into another row stays closed. Raises ValueError for a wrong key size or no binding.
    """
    if len(key) != KEY_LENGTH:
        raise ValueError(f"A sealing key is {KEY_LENGTH} bytes.")
    if not binding:
        raise ValueError("Sealing needs a binding that names the record.")
    nonce = os.urandom(_NONCE_LENGTH)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, _associated(binding))


def open_sealed(sealed: bytes | memoryview, *, key: bytes, binding: str) -> bytes:
    """Give back what `seal` was given; raises CannotOpen for anything else, and says no more."""
    content = bytes(sealed)
    if content[:1] != _VERSION or len(content) < _SHORTEST or len(key) != KEY_LENGTH:
        raise CannotOpen("This is not a value that Axiom sealed.")
    nonce, ciphertext = content[1 : 1 + _NONCE_LENGTH], content[1 + _NONCE_LENGTH :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, _associated(binding))
    except InvalidTag:
        raise CannotOpen("The key or the record does not match the sealed value.") from None


def _associated(binding: str) -> bytes:
    return _VERSION + binding.encode()
