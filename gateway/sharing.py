"""What gateway processes tell each other over the Redis-protocol server, beside every call.

Nothing here is waited for by a call: breakers are noted in memory and exchanged every tenth of a
second. While the server is away each process knows what it has seen itself, and polls the epoch.
"""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

import orjson
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from accounts.announcing import EPOCH_CHANNEL
from gateway.breaker import Breaker, State
from providers import live_traffic
from providers.live_traffic import Observed

BREAKERS: Final = "axiom:breakers"  # a hash: the key of a breaker, and its state
CHANNEL: Final = "axiom:breakers"

_EVERY_S: Final = 0.1
_AGAIN_S: Final = 1.0
_PATIENCE_S: Final = 2.0
_KEPT_S: Final = 3_600
_MOST_OBSERVED: Final = 1_000

logger = logging.getLogger(__name__)


class Listening(Protocol):
    """Who is told that the epoch has moved, and whether somebody tells."""

    is_announced: bool
    name: str

    def hear(self) -> None: ...


class Sharing:
    """One process's part in the exchange."""

    def __init__(self, address: str, breaker: Breaker, epochs: Listening) -> None:
        self._address = address
        self._breaker = breaker
        self._epochs = epochs
        self._observed: list[Observed] = []
        self._is_away = False

    @property
    def is_here(self) -> bool:
        return self._epochs.is_announced

    def observe(self, observed: Observed) -> None:
        """Keep what a call saw of a provider, to be told with the next exchange."""
        if len(self._observed) < _MOST_OBSERVED:
            self._observed.append(observed)

    async def run(self) -> None:
        """Exchange until cancelled; begin anew whenever the server is back."""
        while True:
            try:
                await self._exchange()
            except* (RedisError, OSError, TimeoutError) as errors:
                self._note_away(errors.exceptions[0])
            finally:
                self._epochs.is_announced = False
            await asyncio.sleep(_AGAIN_S)

    async def _exchange(self) -> None:
        once = Retry(NoBackoff(), 0)
        client = Redis.from_url(self._address, socket_connect_timeout=_PATIENCE_S, retry=once)
        async with client, client.pubsub() as heard:
            await heard.subscribe(EPOCH_CHANNEL, CHANNEL)
            self._breaker.learn(states_in(await client.hgetall(BREAKERS), now=time.time()))
            self._note_back()
            self._epochs.hear()  # what was announced meanwhile was not heard
            async with asyncio.TaskGroup() as both:
                both.create_task(self._listen(heard))
                both.create_task(self._tell(client))

    async def _listen(self, heard: Any) -> None:
        async for message in heard.listen():
            if message["type"] != "message":
                continue
            if message["channel"] == EPOCH_CHANNEL.encode():
                self._epochs.hear()
            else:
                self._learn(message["data"])

    def _learn(self, word: bytes) -> None:
        said = orjson.loads(word)
        if said["by"] != self._epochs.name:
            self._breaker.learn(states_in(said["states"], now=time.time()))

    async def _tell(self, client: Redis) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            async with asyncio.timeout(_PATIENCE_S):
                await self._tell_breakers(client)
                await self._tell_observed(client)

    async def _tell_breakers(self, client: Redis) -> None:
        notes = self._breaker.take_notes()
        if not notes:
            return
        states: dict[Any, Any] = {
            key: text_of(state) for key, state in notes.items() if state.failures
        }
        closed = [key for key, state in notes.items() if not state.failures]
        told = states | dict.fromkeys(closed, text_of(State()))
        async with client.pipeline(transaction=False) as pipe:
            if states:
                pipe.hset(BREAKERS, mapping=states)
                pipe.expire(BREAKERS, _KEPT_S)
            if closed:
                pipe.hdel(BREAKERS, *closed)
            pipe.publish(CHANNEL, orjson.dumps({"by": self._epochs.name, "states": told}))
            await pipe.execute()

    async def _tell_observed(self, client: Redis) -> None:
        observed, self._observed = self._observed, []
        if not observed:
            return
        async with client.pipeline(transaction=False) as pipe:
            pipe.rpush(live_traffic.LIST, *map(live_traffic.text_of, observed))
            pipe.ltrim(live_traffic.LIST, -live_traffic.MOST_KEPT, -1)
            await pipe.execute()

    def _note_back(self) -> None:
        if self._is_away:
            logger.warning("the Redis-protocol server is back")
        self._is_away, self._epochs.is_announced = False, True

    def _note_away(self, error: Exception) -> None:
        if not self._is_away:
            logger.warning("the Redis-protocol server is away, each gateway goes alone: %s", error)
        self._is_away = True
        self._breaker.take_notes()
        self._observed.clear()


def text_of(state: State) -> str:
    return f"{state.failures} {state.open_until}"


def states_in(told: Mapping[Any, Any], *, now: float) -> Iterator[tuple[str, State]]:
    """Read the states of breakers; what was open long ago is over."""
    for key, text in told.items():
        failures, open_until = _text(text).split()
        state = State(int(failures), float(open_until))
        if not state.is_open or state.open_until > now - _KEPT_S:
            yield _text(key), state


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
