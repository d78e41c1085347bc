"""What waits on disk for the ledger: shared by gateways, and refused by disks."""

import asyncio

import pytest

from gateway import accounting
from gateway.accounting import Accounting, Kept
from gateway.database import Database, DatabaseAway
from gateway.ledger import Line
from gateway.spool import Spool
from tests.gateway.running import PATIENCE_S
from tests.usage.test_usage_ledger import make_entry
from usage.models import UsageRecord, UsageRecordQuerySet


class Hanging:
    """A database that never answers; it remembers how long it was waited for."""

    def __init__(self):
        self.waits = []

    async def run(self, _work, *, longest_s=None):
        self.waits.append(longest_s)
        raise DatabaseAway


@pytest.fixture
def full_disk(monkeypatch):
    """Let nothing be set aside inside a `with` block."""
    monkeypatch.setattr(accounting, "_DISK_AGAIN_S", 0)

    def full(_spool, _line):
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:

        class Full:
            def __enter__(self):
                patch.setattr(Spool, "set_aside", full)

            def __exit__(self, *_error):
                patch.undo()

        yield Full()


def entries(project, *numbers):
    return [make_entry(f"req_{number}", project_id=project.pk) for number in numbers]


def lines(project, *numbers):
    return [entry.as_line() for entry in entries(project, *numbers)]


def written():
    return sorted(UsageRecord.objects.values_list("public_id", flat=True))


def test_two_gateways_over_one_folder_write_each_file_once(aurora, tmp_path, monkeypatch):
    spool = Spool(tmp_path)
    for number in range(3):
        spool.put(lines(aurora, number), number=number)

    async def story():
        databases = [Database(threads=1, longest_s=PATIENCE_S) for _ in range(2)]
        slow, fast = (
            Accounting(one, Kept.at(tmp_path), serves_unrecorded=True) for one in databases
        )
        seen_by_the_slow = spool.files
        await fast.flush()
        monkeypatch.setattr(Spool, "files", seen_by_the_slow)
        await slow.flush()
        for one in databases:
            await one.close()
        return fast.written, slow.written

    assert asyncio.run(story()) == (3, 0)
    assert written() == ["req_0", "req_1", "req_2"]


def test_what_another_gateway_has_left_is_found_without_a_restart(gateway, aurora):
    gateway.settle()
    Spool(gateway.spool_dir).put(lines(aurora, 1), number=1)

    gateway.engine.pipeline.accounting._swept_at = float("-inf")
    gateway.settle()

    assert written() == ["req_1"]


def test_a_file_that_can_not_be_read_holds_up_no_other(gateway, aurora, monkeypatch, caplog):
    spool, real = Spool(gateway.spool_dir), Spool.read
    for number in range(2):
        spool.put(lines(aurora, number), number=number)
    broken, _ = spool.files

    def read(self, file):
        if file == broken:
            raise OSError(5, "Input/output error")
        return real(self, file)

    monkeypatch.setattr(Spool, "read", read)
    gateway.engine.pipeline.accounting._may_have_spooled = True
    gateway.settle()

    assert written() == ["req_1"]
    assert spool.files == [broken]
    assert f"{broken} can't be moved into the ledger" in caplog.text


def test_a_full_disk_under_a_line_that_nobody_takes_is_waited_for(
    gateway, provider, token, full_disk, monkeypatch, caplog
):
    real = UsageRecordQuerySet.append

    def picky(self, rows):
        real(self, [row._replace(outcome="guessed") for row in rows])

    gateway.learn(token)
    with full_disk, monkeypatch.context() as patch:
        patch.setattr(UsageRecordQuerySet, "append", picky)
        told = gateway.chat(token)
        gateway.settle()
        assert gateway.engine.pipeline.accounting.depth == 1
    gateway.settle()

    assert "the ledger's folder can't be used, 1 entries wait" in caplog.text
    assert not gateway.engine.failed.is_set()
    assert told.headers["x-axiom-request-id"] in written()


def test_all_that_is_too_much_for_memory_goes_to_disk_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(accounting, "MOST_BUFFERED", 3)
    monkeypatch.setattr(accounting, "MOST_AT_ONCE", 2)
    ledger = Accounting(Hanging(), Kept.at(tmp_path), serves_unrecorded=True)
    ledger._buffer.extend(Line.of(make_entry(f"req_{number}")) for number in range(9))

    asyncio.run(ledger.flush())

    assert (ledger.depth, ledger.spooled) == (3, 6)


def test_a_database_that_was_away_is_knocked_at_before_it_is_waited_for(tmp_path):
    database = Hanging()
    ledger = Accounting(database, Kept.at(tmp_path), serves_unrecorded=True)

    for _ in range(2):
        asyncio.run(ledger.flush())

    assert database.waits == [None, accounting._KNOCK_S]
