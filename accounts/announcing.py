"""Word to other processes over the Redis-protocol server.

It makes them look sooner, and that is all: while the server is away they poll the database.
"""

import logging
import time
from typing import Final

import redis
from django.conf import settings

EPOCH_CHANNEL: Final = "axiom:epoch"
PATIENCE_S: Final = 0.1
_SILENT_FOR_S: Final = 5.0

logger = logging.getLogger(__name__)


def announce_epoch() -> None:
    """Say that the epoch has moved; never raises, and takes a tenth of a second at most."""
    _announcer.say(EPOCH_CHANNEL, "moved")


class _Announcer:
    """Keeps one connection pool; after a failure it says nothing for a while, so nobody waits."""

    def __init__(self) -> None:
        self._clients: dict[str, redis.Redis] = {}
        self._silent_until = 0.0

    def say(self, channel: str, word: str) -> None:
        client = self.client()
        if time.monotonic() < self._silent_until:
            return
        try:
            client.publish(channel, word)
        except (redis.RedisError, OSError) as error:
            self._silent_until = time.monotonic() + _SILENT_FOR_S
            logger.info("nobody was told that something has changed: %s", error)

    def client(self) -> redis.Redis:
        address = settings.REDIS_ADDRESS
        if address not in self._clients:
            self._silent_until = 0.0  # another server's silence says nothing of this one
            self._clients = {
                address: redis.Redis.from_url(
                    address, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S
                )
            }
        return self._clients[address]


_announcer = _Announcer()


def client() -> redis.Redis:
    """Give the connections of this process to the server, each wait bounded."""
    return _announcer.client()
