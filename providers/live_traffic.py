"""What calls saw of providers, on its way from the gateways to the health monitor.

A gateway notes each failed attempt, and each success after a failure, in memory; ten times a
second it puts what it has noted at the end of one list of the Redis-protocol server. Whoever
watches over health takes them from its beginning:

    for observed in live_traffic.take(most=500):
        ...  # observed.model_id, observed.error_class ("" for a success), observed.latency_ms

No call waits for any of this, nothing is written to the database, and while the server is away
the monitor has its own checks. Text and reader stand here so that both sides agree.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final

import redis

from accounts import announcing

LIST: Final = "axiom:observed"
MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Observed:
    """One attempt of a call: `at` is when it began, in Unix time; no `error_class` is a success."""

    project_id: str
    provider_id: str
    model_id: str
    at: float
    latency_ms: int
    error_class: str = ""
    http_status: int | None = None

    @property
    def seen_at(self) -> float:
        """When it was known how the attempt ended: a timeout may say so a minute later."""
        return self.at + self.latency_ms / 1000


def text_of(observed: Observed) -> str:
    return json.dumps(asdict(observed), separators=(",", ":"))


def take(*, most: int) -> list[Observed]:
    """Take what has been observed since, the oldest first; nothing while the server is away."""
    try:
        told = announcing.client().lpop(LIST, most)
    except (redis.RedisError, OSError):
        return []
    texts = told if isinstance(told, list) else []
    return [Observed(**json.loads(text)) for text in texts]
