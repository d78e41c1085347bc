"""What the ledger's thread does with lines: it writes them, or hands them over to the worker."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from math import inf
from typing import Final, NamedTuple, Self

from django.utils import timezone

from accounts.models import ApiKey
from foundation.ids import new_id
from gateway.models import Agent
from gateway.spool import Spool
from usage.entries import Entry, KindOfUse
from usage.models import Batch, UsageRecord

logger = logging.getLogger(__name__)

LATE: Final = timedelta(seconds=3)  # the worker posts each second
_DIRECTLY_S: Final = 30.0  # after a batch was late, before the next one is handed over
_USE_NOTED_EVERY_S: Final = 60.0


class Line(NamedTuple):
    """An entry as the journal has it, and the key or agent that was used, if any.

    Thousands wait at once: an entry takes as much memory again, and writing one anew longer than
    handing it over.
    """

    text: bytes
    caller: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        # A copy, for orjson's own bytes sit in a block that was reserved for twice as many, and
        # the other halves would be holes that serve nobody.
        return cls(bytes(memoryview(entry.as_line())), _caller_of(entry))


class Ledger:
    """The ledger as one gateway writes it.

    `by_worker` hands lines over in batches, for as long as somebody posts them. Methods run in the
    ledger's thread, properties are anybody's.
    """

    def __init__(self, spool: Spool, *, writer: str, by_worker: bool) -> None:
        self._spool = spool
        self._writer = writer
        self._directly_until = -inf if by_worker else inf
        self._is_told = False
        self._noted: dict[str, float] = {}
        self.written = 0  # handed over included
        self.unposted = 0  # lines of ours that were handed over, as far as we have looked

    @property
    def is_by_worker(self) -> bool:
        return time.monotonic() >= self._directly_until

    @property
    def has_batches(self) -> bool:
        """Whether batches have to be looked after: ours, or anybody's while we hand over."""
        return self.is_by_worker or self.unposted > 0

    def hand_over_no_more(self) -> None:
        self._directly_until = inf

    def keeping(self, lines: Sequence[Line]) -> Callable[[], None]:
        """Give the work that brings lines into the database, which may be done twice."""
        if self.is_by_worker:
            return partial(self._hand_over, new_id("bat"), lines)
        return partial(self._write_lines, lines)

    def look_after_batches(self) -> None:
        """See whether somebody posts; where nobody does, post, and write directly for a while."""
        found = Batch.objects.waiting_of(self._writer)
        is_late = found.since is not None and timezone.now() - found.since > LATE
        if is_late:
            self._note_late()
        elif found.lines < self.unposted:
            self._is_told = False  # somebody is there, again
        if is_late or not self.is_by_worker:
            Batch.objects.post()
            found = Batch.objects.waiting_of(self._writer)
        self.unposted = found.lines

    def write(self, entries: Sequence[Entry]) -> None:
        """Write a batch, and set aside what the database refuses of it."""
        for refused in UsageRecord.objects.append_taken(entries):
            self._spool.set_aside(refused.as_line())
        self.written += len(entries)
        self._note_use(set(map(_caller_of, entries)))

    def _write_lines(self, lines: Sequence[Line]) -> None:
        self.write([Entry.from_line(line.text) for line in lines])

    def _hand_over(self, name: str, lines: Sequence[Line]) -> None:
        texts = [line.text for line in lines]
        Batch.objects.hand_over(name, texts, writer=self._writer, now=timezone.now())
        self.unposted += len(lines)
        self.written += len(lines)
        self._note_use({line.caller for line in lines})

    def _note_use(self, callers: Collection[str]) -> None:
        """Remember when keys and agents were last used, to the minute."""
        now = time.monotonic()
        due = now - _USE_NOTED_EVERY_S
        stale = {one for one in callers if one and self._noted.get(one, -inf) <= due}
        if not stale:
            return
        ApiKey.objects.filter(public_id__in=stale).update(last_used_at=timezone.now())
        Agent.objects.filter(public_id__in=stale).update(last_seen_at=timezone.now())
        self._noted.update(dict.fromkeys(stale, now))

    def _note_late(self) -> None:
        if not self._is_told:
            logger.warning("no worker posts the ledger's batches; the gateway does it meanwhile")
        self._is_told = True
        self._directly_until = max(self._directly_until, time.monotonic() + _DIRECTLY_S)


def _caller_of(entry: Entry) -> str:
    """Tell whose use it was: of an agent or a key by its client, not by Axiom's own pages."""
    return "" if entry.kind_of_use == KindOfUse.PLAYGROUND else entry.agent or entry.key
