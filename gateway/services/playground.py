"""The playground: a conversation through the project's own gateway, told piece by piece.

The portal calls as any client would, with a pass: routing, limits and the ledger are the
gateway's own. Nothing of what is said is kept here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final

from accounts.models import Project
from accounts.principal import Principal
from gateway import passes
from gateway.formats.conversing import Conversation, Said
from gateway.models import Agent
from gateway.services.inside import Event, InsideCall, line_of, told
from usage.entries import KindOfUse

MOST_AT_ONCE: Final = 4  # answers that one portal process streams; each takes one of its threads
RECORDED_WITHIN_S: Final = 5.0

_BUSY: Final = "Several answers are being streamed here already. Try again in a moment."
_LATE: Final = "The answer is complete, but its line of the ledger is not written yet: see Usage."

_under_way = BoundedSemaphore(MOST_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, in which project, perhaps as an agent, and what: `model` as a client names it."""

    by: Principal
    project: Project
    model: str
    said: Sequence[Said]
    system: str = ""
    agent: Agent | None = None

    @property
    def held(self) -> passes.Pass:
        agent_id = self.agent.public_id if self.agent else ""
        user_id = self.by.user.public_id
        return passes.Pass(user_id, self.project.public_id, KindOfUse.PLAYGROUND, agent_id)

    @property
    def call(self) -> InsideCall:
        conversation = Conversation(self.model, self.said, self.system)
        return InsideCall(self.held, self.project, conversation)


def answer(ask: Ask) -> Iterator[Event]:
    """Tell of one answer as it comes.

    `begun` (request, provider, model, attempts), then `text` again and again, then `ended` with
    the call's line of the ledger; or `failed` with a message, before or after some of the text.
    """
    if not _under_way.acquire(blocking=False):
        yield {"type": "failed", "message": _BUSY}
        return
    try:
        yield from _answer(ask)
    finally:
        _under_way.release()


def _answer(ask: Ask) -> Iterator[Event]:
    request_id = ""
    for event in told(ask.call):
        request_id = str(event.get("requestId", request_id))
        if event.get("text") != "":  # nothing to show while the model thinks
            yield event
        if "status" in event:
            return  # the gateway refused, and said all there is
    if request_id:
        yield _ended(request_id)


def _ended(request_id: str) -> Event:
    row = line_of(request_id, within_s=RECORDED_WITHIN_S)
    if row is None:
        return {"type": "ended", "requestId": request_id, "note": _LATE}
    return {
        "type": "ended",
        "requestId": request_id,
        "provider": row.provider_name,
        "model": row.model,
        "attempts": row.attempts,
        "inputTokens": row.prompt_tokens,
        "outputTokens": row.generated_tokens,
        "cost": row.cost_label,
        "latencyMs": row.latency_ms,
        "ttftMs": row.ttft_ms,
        "status": row.status_label,
    }
