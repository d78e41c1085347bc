"""Rates as all processes count them together, on the Redis-protocol server.

Each trip takes what has come together meanwhile, in its order: claims, ends, and the calls that
are still under way. A claim is one script over all of its limits: all are counted, or none.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import redis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from usage.limits.rules import A_CALL_S, MINUTE_S, Claim, Measure, Rule, Standing

DEADLINE_S: Final = 0.1
_SILENT_FOR_S: Final = 1.0
_KEPT_S: Final = 2 * MINUTE_S
STAYS_EVERY_S: Final = 15.0
_LIVES_S: Final = 45  # a call whose process says nothing of it for so long has ended
_CONCURRENT: Final = "c"
_RATE: Final = "r"

logger = logging.getLogger(__name__)

# ARGV: the call, how long it lives unheard of, how long keys are kept; then of each key its kind,
# its amount, what the call needs, and 1 where it refuses nothing.
# Returns whether it was admitted, the second of it, and of each key what is used and the wait.
_CLAIM: Final = """
local now = tonumber(redis.call('TIME')[1])
local answer, admitted = {1, now}, 1
for i, key in ipairs(KEYS) do
  local at = i * 4
  local kind, most, shadow = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 3] == '1'
  local used, wait = 0, 0
  if kind == 'c' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    used = redis.call('ZCARD', key)
  else
    local slots, old, seconds = redis.call('HGETALL', key), {}, {}
    local counts = {}
    for j = 1, #slots, 2 do
      local second = tonumber(slots[j])
      if second <= now - 60 then
        old[#old + 1] = slots[j]
      else
        seconds[#seconds + 1] = second
        counts[second] = tonumber(slots[j + 1])
        used = used + counts[second]
      end
    end
    if #old > 0 then redis.call('HDEL', key, unpack(old)) end
    if used >= most then
      table.sort(seconds)
      local left = used
      wait = 60
      for _, second in ipairs(seconds) do
        left = left - counts[second]
        if left < most then wait = second + 60 - now break end
      end
    end
  end
  if used >= most and not shadow then admitted = 0 end
  answer[#answer + 1] = tostring(used)
  answer[#answer + 1] = wait
end
answer[1] = admitted
if admitted == 1 then
  for i, key in ipairs(KEYS) do
    local at = i * 4
    if ARGV[at] == 'c' then
      redis.call('ZADD', key, now + tonumber(ARGV[2]), ARGV[1])
    else
      redis.call('HINCRBY', key, now, ARGV[at + 2])
    end
    redis.call('EXPIRE', key, ARGV[3])
  end
end
return answer
"""

# ARGV: the call, the second of its claim; then of each key its kind and the difference.
_SETTLE: Final = """
for i, key in ipairs(KEYS) do
  local at = i * 2 + 1
  if ARGV[at] == 'c' then
    redis.call('ZREM', key, ARGV[1])
  elseif redis.call('HEXISTS', key, ARGV[2]) == 1 then
    redis.call('HINCRBY', key, ARGV[2], ARGV[at + 1])
  end
end
"""

# ARGV: how long calls live unheard of, how long the key is kept; then the calls.
_STAY: Final = """
local till = tonumber(redis.call('TIME')[1]) + tonumber(ARGV[1])
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], till, ARGV[i]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""

_LEVEL: Final = """
local now = tonumber(redis.call('TIME')[1])
if ARGV[1] == 'c' then return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf') end
local used, slots = 0, redis.call('HGETALL', KEYS[1])
for j = 1, #slots, 2 do
  if tonumber(slots[j]) > now - 60 then used = used + tonumber(slots[j + 1]) end
end
return used
"""


class RedisAway(Exception):
    """The server did not answer, or not in time."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One script to be run, with its keys and what it is told."""

    script: str
    keys: Sequence[str]
    told: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Admission:
    """How a claim went: how full each limit was before, and the server's second of it."""

    standings: tuple[Standing, ...]
    is_admitted: bool
    second: int


class SharedRates:
    """One process's way to the server. After a failure it is not asked again for a second."""

    def __init__(self, address: str) -> None:
        once = Retry(NoBackoff(), 0)
        self._client = Redis.from_url(
            address, socket_timeout=DEADLINE_S, socket_connect_timeout=DEADLINE_S, retry=once
        )
        self._silent_until = 0.0

    @property
    def is_away(self) -> bool:
        return time.monotonic() < self._silent_until

    async def trip(self, asks: Sequence[Ask]) -> list[Any]:
        """Run scripts in their order, and return what each says; raises RedisAway."""
        if self.is_away:
            raise RedisAway
        try:
            async with (
                asyncio.timeout(DEADLINE_S),
                self._client.pipeline(transaction=False) as pipe,
            ):
                for ask in asks:
                    pipe.eval(ask.script, len(ask.keys), *ask.keys, *ask.told)
                return await pipe.execute()
        except (RedisError, OSError, TimeoutError) as error:
            self._silent_until = time.monotonic() + _SILENT_FOR_S
            raise RedisAway(str(error)) from error

    async def close(self) -> None:
        with suppress(RedisError, OSError):  # a server that is away has closed them already
            await self._client.aclose()


def claiming(claim: Claim) -> Ask:
    """Count a call by all of its limits, or by none."""
    told: list[Any] = [claim.request_id, _LIVES_S, _KEPT_S]
    for rule in claim.rules:
        need = claim.need(rule.measure)
        told += [_kind(rule.measure), int(rule.amount), need, int(rule.is_shadow)]
    return Ask(_CLAIM, _keys(claim.rules), told)


def settling(claim: Claim, *, second: int, tokens: int, requests: int) -> Ask:
    """Put what a call took in the place of what it claimed in that second; it has ended."""
    told: list[Any] = [claim.request_id, second]
    for rule in claim.rules:
        took = tokens if rule.measure is Measure.TOKENS else requests
        told += [_kind(rule.measure), took - claim.need(rule.measure)]
    return Ask(_SETTLE, _keys(claim.rules), told)


def staying(limit: str, calls: Iterable[str]) -> Ask:
    """Say which calls of a limit are still under way."""
    return Ask(_STAY, [_key(limit)], [_LIVES_S, _KEPT_S, *calls])


def admission(claim: Claim, said: Sequence[Any]) -> Admission:
    """Read what the script of a claim says."""
    admitted, second, *levels = said
    standings = tuple(
        Standing(rule, Decimal(int(levels[2 * number])), int(levels[2 * number + 1]) or A_CALL_S)
        for number, rule in enumerate(claim.rules)
    )
    return Admission(standings, bool(admitted), int(second))


def levels(client: redis.Redis, rules: Sequence[Rule]) -> list[Decimal | None]:
    """Read how full rates are at this moment, for a page; None while the server is away."""
    try:
        with client.pipeline(transaction=False) as pipe:
            for rule in rules:
                pipe.eval(_LEVEL, 1, _key(rule.id), _kind(rule.measure))
            return [Decimal(int(level)) for level in pipe.execute()]
    except (RedisError, OSError) as error:
        logger.info("the levels of limits can't be read: %s", error)
        return [None] * len(rules)


def _keys(rules: Iterable[Rule]) -> list[str]:
    return [_key(rule.id) for rule in rules]


def _key(limit: str) -> str:
    return f"axiom:limit:{limit}"


def _kind(measure: Measure) -> str:
    return _CONCURRENT if measure is Measure.CONCURRENT else _RATE
