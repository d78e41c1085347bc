"""The line of the ledger that a call leaves when it has ended."""

from datetime import UTC, datetime
from typing import Final

from gateway.callers import Caller
from gateway.calls import Call, Ending
from gateway.routing import TASK_NAME
from providers.kinds.vocabulary import Format
from usage.entries import Entry, KindOfUse
from usage.pricing import Prices, cost_of

_LONGEST_NAME: Final = 300
_UNPRICED: Final = Prices()


def entry_of(
    call: Call, caller: Caller, wire_format: Format, ending: Ending, *, writer: str
) -> Entry:
    """Write down a known caller's call; `writer` is the name of this process."""
    asked, target, usage = call.asked, call.target, ending.usage
    requested = asked.model if asked else ""
    return Entry(
        request_id=call.exchange.request_id,
        project_id=caller.project_pk,
        project=caller.project_id,
        key=caller.key_id,
        key_name=caller.key_name,
        agent=caller.agent_id,
        agent_name=caller.agent_name,
        user=caller.user_id,
        user_name=caller.user_name,
        provider=target.provider_id if target else "",
        provider_name=target.provider_name if target else "",
        provider_kind=target.kind.slug if target else "",
        model=target.upstream_id if target else "",
        kind_of_use=str(_use(caller, requested)),
        requested_model=_storable(requested),
        format=str(wire_format),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost=cost_of(usage, target.prices if target else _UNPRICED),
        outcome=str(ending.outcome),
        status=ending.status,
        error_class=ending.error_class,
        latency_ms=round(call.elapsed_s * 1000),
        ttft_ms=None if call.ttft_s is None else round(call.ttft_s * 1000),
        attempts=call.attempts,
        streamed=asked is not None and asked.streams,
        writer=writer,
        started_at=datetime.fromtimestamp(call.started_at, UTC),
    )


def _use(caller: Caller, requested_model: str) -> KindOfUse:
    if caller.use is not None:
        return caller.use
    return KindOfUse.TASK if requested_model == TASK_NAME else KindOfUse.CHAT


def _storable(name: str) -> str:
    """Make what a client typed fit its column."""
    return name.replace("\0", "")[:_LONGEST_NAME]
