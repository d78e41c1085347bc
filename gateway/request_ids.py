"""Ids of requests, which are those of their lines in the ledger: as unguessable as any other id.

`foundation.ids` draws each character by itself, which costs more than the rest of a call's
bookkeeping; this draws random bytes by the thousand.
"""

import os
from typing import Final

from foundation.ids import ALPHABET, RANDOM_LENGTH

_PREFIX: Final = "req_"
_DRAWN_BYTES: Final = 8_192
_FAIR: Final = 256 - 256 % len(ALPHABET)  # bytes from here on would favour the first letters
_UNFAIR: Final = bytes(range(_FAIR, 256))
_LETTERS: Final = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))


class RequestIds:
    """Makes `req_` and 16 characters, each as likely as any other."""

    def __init__(self) -> None:
        self._letters = ""
        self._used = 0

    def new(self) -> str:
        start, end = self._used, self._used + RANDOM_LENGTH
        if end > len(self._letters):
            drawn = os.urandom(_DRAWN_BYTES).translate(_LETTERS, delete=_UNFAIR)
            self._letters, start, end = drawn.decode("ascii"), 0, RANDOM_LENGTH
        self._used = end
        return _PREFIX + self._letters[start:end]
