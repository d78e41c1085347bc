"""Calls and tokens a minute, and calls at once, as one process counts its own.

The minute slides, by the second. What holds over all processes is `shared`; while that is away,
each process goes by its share of a limit and by what it has admitted itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from usage.limits.rules import (
    A_CALL_S,
    MINUTE_S,
    Claim,
    Measure,
    Rule,
    Standing,
    room_after_s,
    share_of,
)

_MOST_COUNTS: Final = 10_000


@dataclass(slots=True)
class _Count:
    """What one limit has admitted here: by the second, and the calls under way."""

    slots: dict[int, int] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)

    def forget_before(self, second: int) -> None:
        for old in [slot for slot in self.slots if slot <= second]:
            del self.slots[old]

    @property
    def is_empty(self) -> bool:
        return not self.slots and not self.under_way


class Rates:
    """One process's own counts. Times are Unix time."""

    def __init__(self) -> None:
        self._counts: dict[str, _Count] = {}

    def standings(self, claim: Claim, *, processes: int, now: float) -> list[Standing]:
        """Tell how full this process's share of each limit is."""
        return [self._standing(rule, processes, int(now)) for rule in claim.rules]

    def take(self, claim: Claim, *, now: float) -> None:
        """Count a call that was admitted, here or by all."""
        if len(self._counts) > _MOST_COUNTS:
            self._forget(int(now))
        for rule in claim.rules:
            count = self._counts.setdefault(rule.id, _Count())
            if rule.measure is Measure.CONCURRENT:
                count.under_way.add(claim.request_id)
            else:
                second = int(now)
                count.slots[second] = count.slots.get(second, 0) + claim.need(rule.measure)

    def settle(self, claim: Claim, *, tokens: int, requests: int, second: int) -> None:
        """Put what a call took in the place of what it claimed in that second; it has ended."""
        for rule in claim.rules:
            count = self._counts.get(rule.id)
            if count is None:
                continue
            count.under_way.discard(claim.request_id)
            if second in count.slots:
                took = tokens if rule.measure is Measure.TOKENS else requests
                count.slots[second] += took - claim.need(rule.measure)

    def under_way(self) -> Iterable[tuple[str, set[str]]]:
        """Give the calls that each limit of calls at once counts here."""
        return [(id_, set(one.under_way)) for id_, one in self._counts.items() if one.under_way]

    def _standing(self, rule: Rule, processes: int, now: int) -> Standing:
        share = replace(rule, amount=share_of(rule.amount, processes))
        count = self._counts.get(rule.id, _Count())
        if rule.measure is Measure.CONCURRENT:
            return Standing(share, Decimal(len(count.under_way)), A_CALL_S)
        count.forget_before(now - MINUTE_S)
        used = Decimal(sum(count.slots.values()))
        wait_s = room_after_s(count.slots, most=share.amount, now=now)
        return Standing(share, used, wait_s)

    def _forget(self, now: int) -> None:
        for id_, count in list(self._counts.items()):
            count.forget_before(now - MINUTE_S)
            if count.is_empty:
                del self._counts[id_]
