"""Root keys: what they must be like, and the keys derived from them."""

import base64
import binascii
import itertools
import re
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_LENGTH = 32

_FINGERPRINT_LENGTH = 8
_FEWEST_DISTINCT_BYTES = 16  # random keys have about 30; below 16 happens once in 10^13
_ADVICE = "Make a new key with `openssl rand -base64 32`, and keep it safe."
_PLACEHOLDER = re.compile(
    r"change.?me|replace.?me|example|placeholder|insecure|password|your.?(secret|key)"
    r"|0123456|1234567|abcdefg",
    re.IGNORECASE,
)
_PUBLISHED = frozenset(
    {
        # The key of the Fernet specification's test vectors.
        base64.urlsafe_b64decode("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="),
        # The AES-256 key of NIST SP 800-38A, appendix F.
        bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
    }
)


class WeakKey(ValueError):
    """A key that must not protect anything; the message says why and what to do, never the key."""

    def __init__(self, reason: str, advice: str = _ADVICE) -> None:
        super().__init__(f"{reason} {advice}")


def derive(key: bytes, label: str, length: int = KEY_LENGTH) -> bytes:
    """Derive the key of one purpose with HKDF-SHA256; purposes never share a key."""
    if not key or not label:
        raise ValueError("Deriving needs a key and a label.")
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=label.encode()).derive(key)


@dataclass(frozen=True, slots=True)
class RootKey:
    """One 32-byte root key; a weak one can't be made. Its value is in no repr."""

    value: bytes = field(repr=False)
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        _refuse_weak(self.value)
        fingerprint = derive(self.value, "fingerprint", _FINGERPRINT_LENGTH).hex()
        object.__setattr__(self, "fingerprint", fingerprint)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read base64, in its standard or URL-safe alphabet, padded or not."""
        if _PLACEHOLDER.search(text) or _repeats(text.rstrip("=").encode()):
            raise WeakKey("The root key is a placeholder or a published example.")
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        try:
            value = base64.b64decode(padded.translate(str.maketrans("-_", "+/")), validate=True)
        except (binascii.Error, ValueError):
            raise WeakKey("The root key is not base64 text.") from None
        return cls(value)


@dataclass(frozen=True, slots=True)
class RootKeyRing:
    """The root keys in use: the first encrypts, all of them open."""

    keys: tuple[RootKey, ...]

    def __post_init__(self) -> None:
        if not self.keys:
            raise WeakKey("There is no root key.")
        if len(set(self.fingerprints)) < len(self.keys):
            raise WeakKey("The same root key is listed twice.", "List each key once.")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read keys separated by commas or line breaks; the newest stands first."""
        return cls(tuple(RootKey.from_text(word) for word in re.split(r"[\s,]+", text) if word))

    @property
    def primary(self) -> RootKey:
        return self.keys[0]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        return tuple(key.fingerprint for key in self.keys)


def _refuse_weak(value: bytes) -> None:
    if len(value) != KEY_LENGTH:
        raise WeakKey(f"A root key is {KEY_LENGTH} bytes, and this one is {len(value)}.")
    if value in _PUBLISHED:
        raise WeakKey("The root key is a published example.")
    if value.isascii() and value.decode().isprintable():
        raise WeakKey("The root key is typed text, not random bytes.")
    if _repeats(value) or _counts(value) or len(set(value)) < _FEWEST_DISTINCT_BYTES:
        raise WeakKey("The root key follows a pattern.")


def _repeats(value: bytes) -> bool:
    """Tell whether a block of at most half its length makes the whole value."""
    size = len(value)
    return any(value == (value[:period] * size)[:size] for period in range(1, size // 2 + 1))


def _counts(value: bytes) -> bool:
    """Tell whether every byte is the one before plus the same step, as 00 01 02 is."""
    steps = {(after - before) % 256 for before, after in itertools.pairwise(value)}
    return len(steps) == 1
