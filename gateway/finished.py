"""The line of the ledger that a call leaves when it has ended."""

from datetime import UTC, datetime
from typing import Final

from gateway.callers import Caller
from gateway.calls import Call, Ending
from gateway.routing import TASK_NAME
from gateway.snapshots.tables import Target
from providers.kinds.vocabulary import Format
from usage.entries import Entry, KindOfUse
from usage.pricing import Prices, cost_of

_LONGEST_NAME: Final = 300
_UNPRICED: Final = Prices()
_NONE: Final = ("",) * 4  # in the place of a target


def entry_of(
    call: Call, caller: Caller, wire_format: Format, ending: Ending, *, writer: str
) -> Entry:
    """Write down a known caller's call; `writer` is the name of this process."""
    asked, target, usage = call.asked, call.target, ending.usage
    requested = asked.model if asked else ""
    # By order, for thirty names cost as much again as all of the rest; `_make` counts them.
    return Entry._make(
        (
            call.exchange.request_id,
            *_who(caller),
            *(_which(target) if target else _NONE),
            str(_use(caller, requested)),
            _storable(requested),
            str(wire_format),
            *usage,
            cost_of(usage, target.prices if target else _UNPRICED),
            str(ending.outcome),
            ending.status,
            ending.error_class,
            round(call.elapsed_s * 1000),
            None if call.ttft_s is None else round(call.ttft_s * 1000),
            call.attempts,
            asked is not None and asked.streams,
            writer,
            datetime.fromtimestamp(call.started_at, UTC),
        )
    )


def _who(caller: Caller) -> tuple[int | str, ...]:
    """Give the columns from `project_id` to `user_name`."""
    return (
        caller.project_pk,
        caller.project_id,
        caller.key_id,
        caller.key_name,
        caller.agent_id,
        caller.agent_name,
        caller.user_id,
        caller.user_name,
    )


def _which(target: Target) -> tuple[str, ...]:
    """Give the columns from `provider` to `model`."""
    return target.provider_id, target.provider_name, target.kind.slug, target.upstream_id


def _use(caller: Caller, requested_model: str) -> KindOfUse:
    if caller.use is not None:
        return caller.use
    return KindOfUse.TASK if requested_model == TASK_NAME else KindOfUse.CHAT


def _storable(name: str) -> str:
    """Make what a client typed fit its column."""
    return name.replace("\0", "")[:_LONGEST_NAME]
