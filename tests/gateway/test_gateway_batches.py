"""The gateway hands its lines over in batches, and does without whoever should post them."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from gateway import ledger
from gateway.accounting import Accounting, Kept
from gateway.database import Database
from gateway.journal import journals_in
from gateway.ledger import Line
from tests.gateway.running import PATIENCE_S
from tests.gateway.test_gateway_ledger import noted
from tests.gateway.test_gateway_spool import entries, written
from tests.usage.test_usage_buckets import requests_in
from usage.models import Batch, FreshBucket, UsageRecord, Writer
from usage.models.batch import BatchQuerySet
from usage.tasks import post_batches

POSTERS = 4
NOBODY = "no worker posts the ledger's batches"


@pytest.fixture
def patient(monkeypatch):
    """Let no batch be late, however slow the machine is."""
    monkeypatch.setattr(ledger, "LATE", timedelta(days=1))


@pytest.fixture
def impatient(monkeypatch):
    """Let each batch be late that is still there at the next look."""
    monkeypatch.setattr(ledger, "LATE", timedelta(days=-1))


@pytest.fixture
def handing_over(start_gateway):
    return start_gateway(ledger_by_worker=True)


def waiting(gateway):
    lines = gateway.send("GET", "/metrics").body.decode().splitlines()
    return next(line for line in lines if line.startswith("axiom_gateway_ledger_waiting "))


def told(story, folder):
    """Let a story happen to an accounting that hands over, and return what it tells."""

    async def tell():
        database = Database(threads=1, longest_s=PATIENCE_S)
        accounting = Accounting(database, Kept.at(folder), serves_unrecorded=True, by_worker=True)
        try:
            return await story(accounting)
        finally:
            await accounting.close(longest_s=PATIENCE_S)
            await database.close()

    return asyncio.run(tell())


async def flushed(accounting, lines):
    accounting._buffer.extend(map(Line.of, lines))
    await accounting.flush()


def hand_over(name, lines, *, now):
    """As another gateway did, which is gone."""
    Batch.objects.hand_over(name, [line.as_line() for line in lines], writer="gwy_gone", now=now)


def try_again(accounting):
    accounting._ledger._directly_until = float("-inf")


def test_lines_are_handed_over_and_the_worker_posts_them(patient, handing_over, provider, token):
    gateway = handing_over
    gateway.learn(token)
    gateway.chat(token)
    gateway.settle()

    writer = noted(gateway)
    assert UsageRecord.objects.count() == 0
    assert (writer.seen, writer.recorded, Writer.objects.lost()) == (2, 0, 0)
    assert waiting(gateway) == "axiom_gateway_ledger_waiting 2.0"
    assert journals_in(gateway.spool_dir) == []  # the database has them

    post_batches()

    writer = noted(gateway)
    assert UsageRecord.objects.count() == 2
    assert (writer.seen, writer.recorded, Writer.objects.lost()) == (2, 2, 0)
    assert waiting(gateway) == "axiom_gateway_ledger_waiting 0.0"


def test_a_key_is_known_to_be_used_before_its_lines_are_posted(
    patient, handing_over, provider, token, aurora
):
    handing_over.learn(token)

    assert aurora.api_keys.get().last_used_at is not None


def test_a_gateway_that_stops_leaves_no_batch(patient, handing_over, provider, token):
    handing_over.learn(token)
    assert Batch.objects.count() == 1
    handing_over.chat(token)

    handing_over.stop()

    writer = Writer.objects.get()
    assert not Batch.objects.exists()
    assert (writer.seen, writer.recorded, writer.has_ended) == (2, 2, True)
    assert Writer.objects.lost() == 0


def test_where_nobody_posts_the_gateway_does_and_says_so_once(impatient, aurora, tmp_path, caplog):
    async def story(accounting):
        await flushed(accounting, entries(aurora, 1))
        first = accounting.waiting
        await flushed(accounting, entries(aurora, 2))  # posts one, and writes the other
        await flushed(accounting, entries(aurora, 3))
        then = accounting.waiting
        try_again(accounting)
        await flushed(accounting, entries(aurora, 4))
        again = accounting.waiting
        await flushed(accounting, ())
        return first, then, again, accounting.waiting, accounting.written

    assert told(story, tmp_path) == (1, 0, 1, 0, 4)
    assert written() == ["req_1", "req_2", "req_3", "req_4"]
    assert caplog.text.count(NOBODY) == 1


def test_it_is_said_anew_where_somebody_had_posted_meanwhile(impatient, aurora, tmp_path, caplog):
    async def story(accounting):
        await flushed(accounting, entries(aurora, 1))
        await flushed(accounting, ())
        try_again(accounting)
        await flushed(accounting, entries(aurora, 2))
        await asyncio.to_thread(in_thread, Batch.objects.post)
        await flushed(accounting, entries(aurora, 3))
        await flushed(accounting, ())

    told(story, tmp_path)

    assert written() == ["req_1", "req_2", "req_3"]
    assert caplog.text.count(NOBODY) == 2


def test_what_another_gateway_left_is_posted_too(aurora, tmp_path):
    then = entries(aurora, 1)[0].started_at
    hand_over("bat_1", entries(aurora, 1), now=then)

    told(lambda accounting: accounting.flush(), tmp_path)

    assert written() == ["req_1"]


def test_a_batch_whose_commit_was_unclear_is_one(patient, aurora, tmp_path, monkeypatch):
    real, said = BatchQuerySet.hand_over, []

    def unclear(self, *args, **kwargs):
        real(self, *args, **kwargs)
        if not said:
            said.append(True)
            raise OperationalError("server closed the connection unexpectedly")

    async def story(accounting):
        monkeypatch.setattr(BatchQuerySet, "hand_over", unclear)
        await flushed(accounting, entries(aurora, 1, 2))
        return await asyncio.to_thread(in_thread, Batch.objects.count)

    assert told(story, tmp_path) == 1
    assert written() == ["req_1", "req_2"]


def test_what_a_kill_left_in_journal_and_batch_counts_once(patient, aurora, tmp_path):
    lines = entries(aurora, 1, 2)
    hand_over("bat_1", lines, now=timezone.now())
    journal = tmp_path / "00000000000000000001-killed.journal"
    journal.write_bytes(b"".join(line.as_line() + b"\n" for line in lines))

    told(lambda accounting: accounting.flush(), tmp_path)
    assert (written(), Batch.objects.count()) == (["req_1", "req_2"], 1)
    post_batches()

    assert (written(), Batch.objects.count()) == (["req_1", "req_2"], 0)
    assert requests_in(FreshBucket) == 2


def test_many_that_post_at_once_post_each_batch_once(aurora):
    for number in range(20):
        lines = entries(aurora, *range(5 * number, 5 * number + 5))
        hand_over(f"bat_{number}", lines, now=timezone.now())
    together = threading.Barrier(POSTERS)

    def post(_poster):
        together.wait(PATIENCE_S)
        in_thread(Batch.objects.post)

    with ThreadPoolExecutor(POSTERS) as posters:
        list(posters.map(post, range(POSTERS)))

    assert not Batch.objects.exists()
    assert len(written()) == requests_in(FreshBucket) == Writer.objects.get().recorded == 100


def in_thread(work):
    """Do it with a connection of this thread's own, and close that."""
    try:
        return work()
    finally:
        connection.close()
