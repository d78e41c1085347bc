"""Limits at the gateway: a call claims its share before it is forwarded, and settles after.

Rates are claimed first, on the Redis-protocol server; then money, in the database. Who has no
limit pays nothing for this.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from django.utils import timezone

from gateway.batches import Batches
from gateway.calls import Call, Ending
from gateway.claiming import Ticket, claims_of, payable
from gateway.database import Database, DatabaseAway
from gateway.refusals import LimitReached
from gateway.snapshots.tables import Target
from usage.limits import money, noting
from usage.limits.noting import Note
from usage.limits.rates import Rates
from usage.limits.rules import Claim, Measure, Rule, Standing, percent_of, stops
from usage.limits.shared import (
    STAYS_EVERY_S,
    Ask,
    RedisAway,
    SharedRates,
    admission,
    claiming,
    settling,
    staying,
)
from usage.models import Writer

logger = logging.getLogger(__name__)

_NOTED_EVERY_S: Final = 1.0
_COUNTED_EVERY_S: Final = 3.0
_FULL: Final = Decimal(100)


class Limits:
    """One process's part in keeping limits."""

    def __init__(
        self, database: Database, redis_address: str, *, count: Callable[[str], None]
    ) -> None:
        self._database = database
        self._count = count  # of refusals, by limit
        self._shared = SharedRates(redis_address)
        self._asks: Batches[Ask, Any] = Batches(self._shared.trip, away=RedisAway)
        self._claims: Batches[Claim, Standing | None] = Batches(self._reserve, away=DatabaseAway)
        self._own = Rates()
        self._notes: dict[str, Note] = {}
        self._processes = 1
        self._is_asked = False

    async def admit(self, call: Call, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        """Claim what a call may need of each of its limits, or raise the Refusal.

        Returns those of the targets that its limits leave to it. Raises DatabaseAway where money
        can't be set aside.
        """
        caller, asked = call.caller, call.asked
        if caller is None or not caller.limits or asked is None or asked.counts_tokens:
            return targets
        left = payable(targets, caller.limits)
        at = datetime.fromtimestamp(call.started_at, UTC)
        rates, cost = claims_of(call.exchange.request_id, caller.limits, left, asked, at=at)
        call.ticket = await self._admit_rates(rates) if rates.rules else None
        if cost.rules:
            await self._set_aside(call, cost)
        return left

    def end(self, call: Call, ending: Ending) -> None:
        """Settle what a call had claimed of rates; its line settles the money."""
        usage = ending.usage
        self._give_back(call, tokens=usage.prompt_tokens + usage.generated_tokens, requests=1)

    async def run(self) -> None:
        """Report, and say what is under way, until cancelled."""
        counted_at = stayed_at = 0.0
        while True:
            await asyncio.sleep(_NOTED_EVERY_S)
            now = time.monotonic()
            if self._is_asked and now - counted_at > _COUNTED_EVERY_S:
                counted_at = now
                await self._count_processes()
            if now - stayed_at > STAYS_EVERY_S:
                stayed_at = now
                for limit, calls in self._own.under_way():
                    self._asks.put(staying(limit, calls))
            await self.flush()

    async def flush(self) -> None:
        """Write what was seen of limits; what can't be written waits."""
        await self._asks.settled()
        notes, self._notes = self._notes, {}
        if not notes:
            return
        write = partial(noting.note, list(notes.values()), now=timezone.now())
        try:
            await self._database.run(write)
        except DatabaseAway:
            self._notes = notes | self._notes

    async def close(self) -> None:
        await self.flush()
        await self._shared.close()

    async def _admit_rates(self, claim: Claim) -> Ticket:
        """Count a call by all that Redis counts; by this process's share while it is away."""
        self._is_asked = True
        now = time.time()
        try:
            told = admission(claim, await self._asks.put(claiming(claim)))
            ticket = Ticket(claim, told.second, is_shared=True)
            standings: Sequence[Standing] = told.standings
        except RedisAway:
            standings = self._own.standings(claim, processes=self._processes, now=now)
            ticket = Ticket(claim, int(now), is_shared=False)
        stop = stops(standings)
        self._note(claim, standings, stop)
        if stop is not None:
            raise self._refusal(stop)
        self._own.take(claim, now=ticket.second)
        return ticket

    async def _set_aside(self, call: Call, claim: Claim) -> None:
        try:
            stop = await self._claims.put(claim)
        except DatabaseAway:
            if all(rule.is_shadow for rule in claim.rules):
                return
            self._give_back(call, tokens=0, requests=0)
            raise
        if stop is not None:
            self._give_back(call, tokens=0, requests=0)
            raise self._refusal(stop)

    def _refusal(self, stop: Standing) -> LimitReached:
        self._count(stop.rule.id)
        return LimitReached(stop)

    def _give_back(self, call: Call, *, tokens: int, requests: int) -> None:
        ticket, call.ticket = call.ticket, None
        if ticket is None:
            return
        claim, second = ticket.claim, ticket.second
        self._own.settle(claim, tokens=tokens, requests=requests, second=second)
        if not ticket.is_shared:  # the server has counted nothing, unless that it is under way
            tokens, requests = claim.tokens, 1
        self._asks.put(settling(claim, second=second, tokens=tokens, requests=requests))

    async def _reserve(self, claims: Sequence[Claim]) -> list[Standing | None]:
        return await self._database.run(partial(money.reserve, claims, now=timezone.now()))

    def _note(self, claim: Claim, standings: Sequence[Standing], stop: Standing | None) -> None:
        for rule, standing in zip(claim.rules, standings, strict=True):
            note = self._notes.setdefault(rule.id, Note(rule))
            if standing is stop:
                note.refused += 1
            elif standing.is_full and rule.is_shadow:
                note.would_refuse += 1
            note.peak = max(note.peak, _level(rule, standing))

    async def _count_processes(self) -> None:
        try:
            alive = partial(_alive, timezone.now())
            self._processes = max(1, await self._database.run(alive))
        except DatabaseAway:
            logger.info("the gateways can't be counted; %s is taken", self._processes)


def _alive(now: datetime) -> int:
    return Writer.objects.alive(now=now).count()


def _level(rule: Rule, standing: Standing) -> Decimal:
    """Tell how full a limit is with this call, in percent; tokens are only estimated as yet."""
    if standing.is_full:
        return _FULL
    with_it = standing.used if rule.measure is Measure.TOKENS else standing.used + 1
    return percent_of(with_it, standing.rule.amount)
