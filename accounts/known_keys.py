"""Keys that this process knows already, so that their next request needs no look-up.

What is known was read at an epoch, and every write that touches a key's authority moves the epoch
in its own transaction. Whoever uses a known key compares: see `ProjectViewSet`, whose first query
brings the epoch along. A revocation is therefore seen by the next request of every process.
"""

import copy
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from accounts.models import ApiKey

MOST: Final = 4_096
READ_AGAIN_AFTER: Final = timedelta(minutes=1)  # its use is noted as often, which costs a write


class KnownKeys:
    """A bounded memory by token hash; the least used goes first. Threads share it."""

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._keys: OrderedDict[str, tuple[ApiKey, datetime]] = OrderedDict()
        self._turn = Lock()

    def __len__(self) -> int:
        return len(self._keys)

    def recall(self, token_hash: str, *, now: datetime) -> "ApiKey | None":
        """Give a copy of the key; None where it is not known, was read long ago, or has ended."""
        with self._turn:
            key, read_at = self._keys.get(token_hash, (None, now))
            if key is None:
                return None
            if now - read_at >= READ_AGAIN_AFTER or not key.is_usable_at(now):
                del self._keys[token_hash]
                return None
            self._keys.move_to_end(token_hash)
        recalled = _copied(key)
        recalled.is_from_memory = True
        return recalled

    def keep(self, token_hash: str, key: "ApiKey", *, now: datetime) -> None:
        """Remember a key that was read together with its epoch."""
        with self._turn:
            self._keys[token_hash] = (_copied(key), now)
            if len(self._keys) > self._most:
                self._keys.popitem(last=False)

    def forget(self, token_hash: str) -> None:
        with self._turn:
            self._keys.pop(token_hash, None)


def _copied(key: "ApiKey") -> "ApiKey":
    """Copy all three rows: what a request does to its own must not reach the next one's."""
    copied = copy.copy(key)
    copied.created_by, copied.project = copy.copy(key.created_by), copy.copy(key.project)
    return copied


known_keys: Final = KnownKeys()
