"""One line of the ledger as a value: what is appended, and what waits on disk meanwhile."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple, Self

import orjson


class KindOfUse(StrEnum):
    """What the tokens were used for."""

    CHAT = "chat"
    TASK = "task"
    CRON = "cron"
    PLAYGROUND = "playground"
    TEST = "test"
    PROBE = "probe"


class Outcome(StrEnum):
    """Where the token counts come from."""

    REPORTED = "reported"  # by the provider
    ESTIMATED = "estimated"  # by us: the provider reported none
    PARTIAL = "partial"  # of what was seen until the call was broken off


class Entry(NamedTuple):
    """Who used which model for what, in numbers. Never a word of prompt or answer.

    Ids and names are as they were. `project_id` is the project's database key, which the ledger
    checks when it writes: the project may be gone by then. `cost` is USD, None where a price was
    unknown. `status` is what the client was answered, 0 where it had left before that. `writer`
    is the process that saw the call. A tuple, in the order of the ledger's columns: thousands of
    them are made and written each second.
    """

    request_id: str
    project_id: int | None
    project: str
    key: str
    key_name: str
    agent: str
    agent_name: str
    user: str
    user_name: str
    provider: str
    provider_name: str
    provider_kind: str
    model: str
    kind_of_use: str
    requested_model: str
    format: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost: Decimal | None
    outcome: str
    status: int
    error_class: str
    latency_ms: int
    ttft_ms: int | None
    attempts: int
    streamed: bool
    writer: str
    started_at: datetime

    def as_line(self) -> bytes:
        """Write it as one line of JSON, without the line's end."""
        return orjson.dumps(self._asdict(), default=str)  # of which a Decimal is the only need

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Read what `as_line` wrote, now or before an upgrade; raises ValueError otherwise."""
        try:
            values = _CAME_LATER | orjson.loads(line)
            values["cost"] = None if values["cost"] is None else Decimal(values["cost"])
            values["started_at"] = datetime.fromisoformat(values["started_at"])
            values["kind_of_use"] = KindOfUse(values["kind_of_use"]).value
            values["outcome"] = Outcome(values["outcome"]).value
            return cls(**values)
        except (TypeError, KeyError, ArithmeticError) as error:
            raise ValueError("This is not a line of the ledger.") from error


# What lines that an earlier release left on disk do not have.
_CAME_LATER: Final = {"agent_name": "", "user": "", "user_name": "", "writer": ""}
