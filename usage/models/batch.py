"""Lines that gateways have handed over, until they are in the ledger: writing them there is work.

A line counts once however often it is handed over or posted, and whoever posts: the ledger takes
each only once, and a batch goes in the transaction that writes its lines.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final, NamedTuple, Self

from django.db import models, router, transaction

from usage.entries import Entry
from usage.models.record import UsageRecord

logger = logging.getLogger(__name__)

# In one transaction. Ids are random, so that some hundred lines touch as many pages of an index:
# together most batches touch the same ones, and each is written once.
MOST_AT_ONCE: Final = 10


class Waiting(NamedTuple):
    """What nobody has posted yet: the lines of one gateway, and since when any gateway's wait."""

    lines: int
    since: datetime | None


class BatchQuerySet(models.QuerySet["Batch"]):
    def waiting(self) -> Self:
        """Keep those that are to be posted."""
        return self.filter(is_refused=False)

    def waiting_of(self, writer: str) -> Waiting:
        rows = list(self.waiting().values_list("writer", "count", "created_at"))
        lines = sum(count for name, count, _ in rows if name == writer)
        return Waiting(lines, min((at for _, _, at in rows), default=None))

    def hand_over(self, name: str, lines: Sequence[bytes], *, writer: str, now: datetime) -> None:
        """Keep a gateway's lines for whoever posts; done again with the same name, it is one batch.

        Once that has been posted it would be another one, whose lines the ledger has already.
        `lines` are as `Entry.as_line` writes them.
        """
        joined, count = _joined(lines), len(lines)
        batch = Batch(name=name, writer=writer, lines=joined, count=count, created_at=now)
        self.bulk_create([batch], ignore_conflicts=True)

    def post(self) -> None:
        """Write into the ledger what waits by now, oldest first, some batches in one transaction.

        What others are posting at this moment is left to them.
        """
        newest = self.waiting().order_by("pk").values_list("pk", flat=True).last()
        if newest is not None:
            due = self.waiting().filter(pk__lte=newest)
            while due.post_oldest():
                pass

    def post_oldest(self) -> bool:
        """Post some, and leave of each what can't be in the ledger; False where there is none."""
        with transaction.atomic(using=router.db_for_write(self.model)):
            oldest = self.order_by("pk").select_for_update(skip_locked=True)[:MOST_AT_ONCE]
            batches = {batch.pk: batch for batch in oldest}
            refused = _refused(batches.values())
            for pk, lines in refused.items():
                batch = batches.pop(pk)
                batch.lines, batch.count, batch.is_refused = _joined(lines), len(lines), True
                batch.save(update_fields=["lines", "count", "is_refused"])
            if batches:
                self.filter(pk__in=batches).delete()
        return bool(batches or refused)


class Batch(models.Model):
    """Some lines of one gateway, as it wrote them.

    What can't be read, and what the ledger refuses, stays for a person: nobody tries it again, and
    the loss meter counts it.
    """

    RETENTION: ClassVar[timedelta] = UsageRecord.RETENTION

    name = models.CharField(max_length=20, unique=True, help_text="Given by the gateway.")
    writer = models.CharField(max_length=20)
    count = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    is_refused = models.BooleanField(default=False)
    # The last column: SQLite reads through all of it for what stands behind it.
    lines = models.BinaryField()

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = "batch of lines"
        verbose_name_plural = "batches of lines"

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"\n".join(lines)


def _refused(batches: Iterable[Batch]) -> Mapping[int, list[bytes]]:
    """Write batches' lines into the ledger, and return those that can't be there, by batch."""
    entries: list[Entry] = []
    batch_of: dict[str, int] = {}
    refused: defaultdict[int, list[bytes]] = defaultdict(list)
    for batch in batches:
        for line in bytes(batch.lines).split(b"\n"):
            try:
                entry = Entry.from_line(line)
            except ValueError:
                logger.exception("a line of the batch %s is unreadable", batch.name)
                refused[batch.pk].append(line)
            else:
                entries.append(entry)
                batch_of[entry.request_id] = batch.pk
    for entry in UsageRecord.objects.append_taken(entries):
        refused[batch_of[entry.request_id]].append(entry.as_line())
    return refused
