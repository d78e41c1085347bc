"""A call that has ended, and the line of the ledger that it makes."""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from gateway.callers import Caller
from gateway.routing import TASK_NAME
from gateway.snapshots.tables import Target
from providers.kinds.vocabulary import Usage
from usage.entries import Entry, KindOfUse, Outcome
from usage.pricing import Prices, cost_of

_LONGEST_NAME: Final = 300
_USES: Final = {TASK_NAME: KindOfUse.TASK}


class Finished(NamedTuple):
    """A call that has ended, with all that its entry is made of."""

    request_id: str
    caller: Caller
    target: Target | None
    requested_model: str
    format: str
    usage: Usage
    outcome: Outcome
    status: int
    error_class: str
    started_at: float
    latency_s: float
    ttft_s: float | None
    attempts: int
    streamed: bool

    def entry(self, *, writer: str) -> Entry:
        target, usage = self.target, self.usage
        return Entry(
            request_id=self.request_id,
            project_id=self.caller.project_pk,
            project=self.caller.project_id,
            key=self.caller.key_id,
            key_name=self.caller.key_name,
            agent=self.caller.agent_id,
            agent_name=self.caller.agent_name,
            user=self.caller.user_id,
            user_name=self.caller.user_name,
            provider=target.provider_id if target else "",
            provider_name=target.provider_name if target else "",
            provider_kind=target.kind.slug if target else "",
            model=target.upstream_id if target else "",
            kind_of_use=self._use().value,
            requested_model=_storable(self.requested_model),
            format=self.format,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            cost=cost_of(usage, target.prices if target else Prices()),
            outcome=self.outcome.value,
            status=self.status,
            error_class=self.error_class,
            latency_ms=round(self.latency_s * 1000),
            ttft_ms=None if self.ttft_s is None else round(self.ttft_s * 1000),
            attempts=self.attempts,
            streamed=self.streamed,
            writer=writer,
            started_at=datetime.fromtimestamp(self.started_at, UTC),
        )

    def _use(self) -> KindOfUse:
        return self.caller.use or _USES.get(self.requested_model, KindOfUse.CHAT)


def _storable(name: str) -> str:
    """Make what a client typed fit its column."""
    return name.replace("\0", "")[:_LONGEST_NAME]
