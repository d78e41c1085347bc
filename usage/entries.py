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
    them are made and written each second. Whatever is added later comes last, with a default: lines
    on disk are read by their order.
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
        """Write it as one line, without the line's end: its values as an array of JSON.

        Names would make it twice as long, in memory, on disk and on its way to the worker.
        """
        return orjson.dumps((*self,), default=str)  # of which a Decimal is the only need

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Read what `as_line` wrote, now or before an upgrade; raises ValueError otherwise."""
        try:
            values = orjson.loads(line)
            if isinstance(values, dict):  # as lines were before they were arrays
                values = [(_CAME_LATER | values)[name] for name in cls._fields]
            values[_COST] = None if values[_COST] is None else Decimal(values[_COST])
            values[_STARTED_AT] = datetime.fromisoformat(values[_STARTED_AT])
            values[_KIND_OF_USE] = _KINDS_OF_USE[values[_KIND_OF_USE]]
            values[_OUTCOME] = _OUTCOMES[values[_OUTCOME]]
            return cls(*values)
        except (TypeError, KeyError, IndexError, ArithmeticError) as error:
            raise ValueError("This is not a line of the ledger.") from error


# What lines that an earlier release left on disk do not have.
_CAME_LATER: Final = {"agent_name": "", "user": "", "user_name": "", "writer": ""}
_COST: Final = Entry._fields.index("cost")
_STARTED_AT: Final = Entry._fields.index("started_at")
_KIND_OF_USE: Final = Entry._fields.index("kind_of_use")
_OUTCOME: Final = Entry._fields.index("outcome")
_KINDS_OF_USE: Final = {one.value: one.value for one in KindOfUse}
_OUTCOMES: Final = {one.value: one.value for one in Outcome}
