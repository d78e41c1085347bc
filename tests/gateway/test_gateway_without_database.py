"""The database goes away under a running gateway, and comes back."""

import pytest
from django.db import OperationalError

from gateway import accounting
from gateway.spool import Spool
from tests import factories
from tests.usage.test_usage_ledger import make_entry
from usage.models import UsageRecord, UsageRecordQuerySet


@pytest.fixture
def away():
    """Let every question to the database fail inside a `with` block."""
    with pytest.MonkeyPatch.context() as patch:

        def refuse(*_args, **_kwargs):
            raise OperationalError("server closed the connection unexpectedly")

        class Away:
            def __enter__(self):
                patch.setattr(
                    "django.db.backends.utils.CursorWrapper._execute_with_wrappers", refuse
                )
                patch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.connect", refuse)

            def __exit__(self, *_error):
                patch.undo()

        yield Away()


def test_known_tokens_go_on_and_unknown_ones_are_told_to_wait(
    gateway, provider, aurora, token, away
):
    _, unknown = factories.make_key(aurora)
    gateway.learn(token)

    with away:
        gateway.notice()
        known, refused = gateway.chat(token), gateway.chat(unknown)
        ready = gateway.send("GET", "/readyz")

    assert known.status == 200
    assert (refused.status, refused.error["code"]) == (503, "service_unavailable")
    assert refused.headers["retry-after"]
    assert (ready.status, ready.json["missing"]) == (503, ["database"])


def test_it_recovers_by_itself_and_writes_what_waited(gateway, provider, aurora, token, away):
    _, unknown = factories.make_key(aurora)
    gateway.learn(token)
    with away:
        told = gateway.chat(token)
        gateway.settle()

    while gateway.send("GET", "/readyz").status != 200:
        gateway.notice()
    gateway.settle()

    assert gateway.chat(unknown).status == 200
    request_id = told.headers["x-axiom-request-id"]
    assert UsageRecord.objects.filter(public_id=request_id).count() == 1


def test_beyond_the_buffer_entries_wait_on_disk_and_are_written_once(
    gateway, provider, token, away, monkeypatch
):
    monkeypatch.setattr(accounting, "MOST_BUFFERED", 0)
    gateway.learn(token)

    with away:
        ids = [gateway.chat(token).headers["x-axiom-request-id"] for _ in range(3)]
        gateway.settle()
        assert gateway.engine.pipeline.accounting.depth == 0
        assert list(gateway.spool_dir.glob("*.jsonl"))
    gateway.settle()

    assert set(ids) <= set(UsageRecord.objects.values_list("public_id", flat=True))
    assert UsageRecord.objects.count() == 4
    assert not list(gateway.spool_dir.glob("*.jsonl"))


def test_a_gateway_that_stops_leaves_its_entries_on_disk_for_the_next(
    start_gateway, provider, token, tmp_path, away
):
    first = start_gateway(spool_dir=tmp_path / "kept")
    first.learn(token)
    with away:
        told = first.chat(token)
        first.stop()
    assert UsageRecord.objects.count() == 1

    second = start_gateway(spool_dir=tmp_path / "kept")
    second.settle()

    assert UsageRecord.objects.filter(public_id=told.headers["x-axiom-request-id"]).exists()


def test_a_replay_that_was_broken_off_writes_nothing_twice(gateway, provider, aurora):
    entries = [make_entry(f"req_{number}", project_id=aurora.pk) for number in range(3)]
    Spool(gateway.spool_dir).put([entry.as_line() for entry in entries], number=1)
    UsageRecord.objects.append(entries[:2])
    gateway.engine.pipeline.accounting._may_have_spooled = True

    gateway.settle()

    assert UsageRecord.objects.count() == 3


def test_with_nowhere_to_write_no_call_is_taken(
    gateway, provider, token, upstream, away, monkeypatch
):
    gateway.learn(token)
    monkeypatch.setattr(accounting, "MOST_HELD", 1)
    ledger = gateway.engine.pipeline.accounting

    with away:
        gateway.chat(token)
        told = gateway.chat(token)
        ready = gateway.send("GET", "/readyz")
        assert (ledger.depth, ledger.seen) == (1, 2)  # what was refused is not kept

    assert told.status == 503
    assert "ledger" in told.error["message"]
    assert "ledger" in ready.json["missing"]


def test_one_line_that_the_ledger_refuses_does_not_hold_up_the_others(
    gateway, provider, token, monkeypatch
):
    real = UsageRecordQuerySet.append

    def picky(self, entries):
        if any(entry.requested_model == "bad" for entry in entries):
            entries = [entry._replace(outcome="guessed") for entry in entries]
        real(self, entries)

    monkeypatch.setattr(UsageRecordQuerySet, "append", picky)

    gateway.chat(token, model="bad")
    gateway.chat(token)
    gateway.settle()

    assert [row.requested_model for row in UsageRecord.objects.all()] == ["default"]
    assert b'"bad"' in (gateway.spool_dir / "set-aside.txt").read_bytes()


def test_a_damaged_spool_file_loses_only_what_is_damaged(tmp_path):
    spool = Spool(tmp_path / "spool")
    spool.put([make_entry("req_1").as_line(), make_entry("req_2").as_line()], number=1)
    (file,) = spool.files
    with file.open("ab") as stream:
        stream.write(b'{"half": ')

    assert [entry.request_id for entry in spool.read(file)] == ["req_1", "req_2"]
    assert (tmp_path / "spool" / "set-aside.txt").read_bytes() == b'{"half": \n'


def test_a_spool_that_can_not_be_written_leaves_no_half_file(tmp_path, monkeypatch):
    spool = Spool(tmp_path)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gateway.spool.os.fsync", full)

    with pytest.raises(OSError, match="No space"):
        spool.put([make_entry().as_line()], number=1)

    assert list(tmp_path.iterdir()) == []
