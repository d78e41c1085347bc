"""The story of one call, from a client's token to a provider's answer."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from gateway import delivery
from gateway.accounting import Accounting
from gateway.attempts import Attempts, Flowing, Question, Whole, moves_on
from gateway.bounds import Bounds
from gateway.breaker import Breaker
from gateway.callers import Caller
from gateway.calls import Call, Ending
from gateway.edge import SOON_S, ended_by
from gateway.endpoints import Entrance
from gateway.estimates import need_of
from gateway.finished import entry_of
from gateway.formats.asking import Asked
from gateway.forward.failures import AttemptFailed
from gateway.limits import Limits
from gateway.metrics import Metrics
from gateway.passing import passed
from gateway.principals import Principals, token_in
from gateway.refusals import NobodyAnswered, NoSuchModel, NotAllowed, Unavailable
from gateway.routes import Need
from gateway.routing import Choosing, candidates
from gateway.snapshots.memory import Tables
from gateway.snapshots.tables import Table, Target
from gateway.watch import Watch
from providers.live_traffic import Observed

_LEDGER_FULL: Final = "Axiom can't write its ledger, so it takes no calls. Its operator has to act."
_OK: Final = "ok"


Look = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a call goes through; one for the whole process.

    What is known by now is asked for without a wait: each coroutine that is spared counts.
    `look` reads the epoch, unless that was done after a moment of the monotonic clock.
    """

    principals: Principals
    tables: Tables
    attempts: Attempts
    accounting: Accounting
    limits: Limits
    metrics: Metrics
    watch: Watch
    bounds: Bounds
    look: Look
    observe: Callable[[Observed], None]
    breaker: Breaker = field(default_factory=Breaker)

    async def answer(self, call: Call, entrance: Entrance) -> None:
        """Answer one request, whatever happens; a known caller's leaves one line of the ledger.

        Counting tokens costs nothing, and agents ask for it dozens of times: it leaves none.
        """
        self.watch.add(call.watched)
        try:
            ending = await self._answer(call, entrance)
        except Exception as error:  # noqa: BLE001 - told apart there, and logged
            ending = ended_by(error, call)
        finally:
            self.watch.drop(call.watched)
        if call.ticket is not None:
            self.limits.end(call, ending)
        provider = call.target.provider_id if call.target else ""
        self.metrics.answered(str(entrance.format), ending.status, provider, call.elapsed_s)
        is_free = call.asked is not None and call.asked.counts_tokens
        if call.caller is not None and is_free:
            self.accounting.waive()
        elif call.caller is not None:
            writer = self.accounting.writer
            entry = entry_of(call, call.caller, entrance.format, ending, writer=writer)
            self.accounting.take(entry)
        call.send()

    async def reach(self, call: Call) -> tuple[Table, Caller]:
        """Find what a call's token may reach; raises a Refusal or DatabaseAway."""
        token = token_in(call.exchange.headers.get)
        call.caller = caller = await self.principals.of(token, now=call.started_at)
        return await self.tables.of(caller.project_pk), caller

    async def _answer(self, call: Call, entrance: Entrance) -> Ending:
        if self.accounting.is_overfull:  # before the caller is known, so that no line is kept
            raise Unavailable(_LEDGER_FULL, retry_after_s=SOON_S)
        now, token = call.started_at, token_in(call.exchange.headers.get)
        caller = self.principals.known(token, now=now) or await self.principals.of(token, now=now)
        call.caller = caller
        self.accounting.see()
        table = self.tables.known(caller.project_pk) or await self.tables.of(caller.project_pk)
        if self.accounting.is_full:
            raise Unavailable(_LEDGER_FULL, retry_after_s=SOON_S)
        body = call.exchange.body_at_hand(self.bounds.most_request_bytes) or await self._body(call)
        call.asked = asked = entrance.read(body)
        need = need_of(asked, len(body))
        del body  # which may be large, and is in the way of others while a provider thinks
        try:
            found = self._chosen(call, table, need)
        except (NoSuchModel, NotAllowed):
            found = await self._chosen_anew(call, need)
        if caller.limits:
            found = await self.limits.admit(call, found)
        return await self._first_answer(call, table, need, found)

    async def _first_answer(
        self, call: Call, table: Table, need: Need, found: tuple[Target, ...]
    ) -> Ending:
        """Ask one candidate after the other, and let the client have the first answer."""
        question = Question(_asked(call), call.form, passed(call.exchange.headers))
        for target in found:
            if call.attempts and not await self._may_follow(call, table, target, need):
                continue
            answer = await self._attempt(call, target, question)
            if isinstance(answer, Whole):
                return delivery.deliver(call, answer)
            if isinstance(answer, Flowing):
                return await self._relay(call, answer)
        raise _nobody_answered(call)

    async def _body(self, call: Call) -> bytes:
        bounds = self.bounds
        return await call.exchange.body(
            call.watched, most_bytes=bounds.most_request_bytes, longest_s=bounds.request_s
        )

    async def _chosen_anew(self, call: Call, need: Need) -> tuple[Target, ...]:
        """Look once more where a name leads that led nowhere: something may have changed."""
        await self.look(call.started)
        newest, _ = await self.reach(call)
        return self._chosen(call, newest, need)

    def _chosen(self, call: Call, table: Table, need: Need) -> tuple[Target, ...]:
        if call.caller is None:
            raise RuntimeError("nobody has called")
        choosing = Choosing(self.breaker.is_open, now=time.time())
        found = candidates(table, _asked(call).model, call.caller, need, choosing)
        return found[: self.bounds.most_attempts]

    async def _may_follow(self, call: Call, table: Table, target: Target, need: Need) -> bool:
        """Tell whether the next attempt may be made: much may have changed during the last one.

        Raises the Refusal where the token has lost what it called by.
        """
        if call.watched.is_overdue or self.breaker.is_open(target, time.time()):
            return False
        newest, _ = await self.reach(call)
        if newest is table:
            return True
        return any(target.id == other.id for other in self._chosen(call, newest, need))

    async def _attempt(
        self, call: Call, target: Target, question: Question
    ) -> Whole | Flowing | None:
        """Ask one candidate; None where the next one may be asked."""
        call.target, call.attempts = target, call.attempts + 1
        began = time.time()
        before = self.breaker.begin(target, now=began)
        try:
            answer = await self.attempts.make(target, question, call.watched)
        except AttemptFailed as failure:
            self.metrics.attempted(target.provider_id, failure.error_class.value)
            self._observe(call, target, began, failure)
            call.failed(failure)
            if not moves_on(failure):
                self.breaker.told_nothing(target, before=before)
                raise _nobody_answered(call) from failure
            self.breaker.failed(target, now=time.time(), retry_after_s=failure.retry_after_s)
            return None
        except Exception:  # the client's end or our own
            self.breaker.told_nothing(target, before=before)
            raise
        self.metrics.attempted(target.provider_id, _OK)
        if self.breaker.succeeded(target):
            self._observe(call, target, began, None)
        return answer

    def _observe(
        self, call: Call, target: Target, began: float, failure: AttemptFailed | None
    ) -> None:
        """Tell the health monitor of a failure, and of a success that came after one."""
        if call.caller is None:
            return
        self.observe(
            Observed(
                project_id=call.caller.project_id,
                provider_id=target.provider_id,
                model_id=target.id,
                at=began,
                latency_ms=round((time.time() - began) * 1000),
                error_class=failure.error_class.value if failure else "",
                http_status=failure.status if failure else None,
            )
        )

    async def _relay(self, call: Call, flowing: Flowing) -> Ending:
        call.ttft_s = call.elapsed_s
        self.metrics.began(call.ttft_s)
        try:
            return await delivery.relay(call, flowing, self.bounds)
        finally:
            self.attempts.end(flowing)


def _asked(call: Call) -> Asked:
    if call.asked is None:
        raise RuntimeError("nothing was asked")
    return call.asked


def _nobody_answered(call: Call) -> NobodyAnswered:
    """Word the last failure, with the provider's name in it."""
    failure, target = call.failure, call.target
    if failure is None or target is None:
        raise RuntimeError("nobody was asked")
    message = failure.message
    if target.provider_name not in message:
        message = f"{target.provider_name} gave no answer. {message}"
    if call.attempts > 1:
        message = f"{call.attempts} models were tried. The last one: {message}"
    return NobodyAnswered(failure.error_class, message, retry_after_s=call.retry_after_s)
