"""A gateway that is killed outright: whatever it had answered is in the ledger, and once."""

import fcntl
import http.client
import json
import os
import threading
from contextlib import contextmanager, suppress

import pytest

from gateway.journal import Journal, journals_in, taken_over
from tests.gateway.running import PATIENCE_S
from tests.gateway.test_gateway_ledger import lines_of
from tests.gateway.test_gateway_process import started
from usage.models import UsageRecord, Writer

CLIENTS = 4
ANSWERS_BEFORE_THE_KILL = 60


def ask(connection, token):
    body = json.dumps({"model": "default", "messages": []})
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", body, headers)
    with connection.getresponse() as answer:
        answer.read()
        return answer.headers["x-axiom-request-id"]


@contextmanager
def connected(process):
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE_S)
    try:
        yield connection
    finally:
        connection.close()


def test_what_it_had_answered_is_written_once_by_the_next(shared_db, provider, token, tmp_path):
    answered, enough = [], threading.Event()

    def keep_asking(process):
        with connected(process) as connection, suppress(OSError, http.client.HTTPException):
            while True:  # until it is killed
                answered.append(ask(connection, token))
                if len(answered) >= ANSWERS_BEFORE_THE_KILL:
                    enough.set()

    with started(tmp_path / "data") as first:
        first.wait_until_ready()
        clients = [threading.Thread(target=keep_asking, args=(first,)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        assert enough.wait(PATIENCE_S)
        first.popen.kill()
        for client in clients:
            client.join(PATIENCE_S)
    with started(tmp_path / "data") as second:
        second.wait_until_ready()
        with connected(second) as connection:
            last = ask(connection, token)
        second.stop()

    written = list(UsageRecord.objects.values_list("public_id", flat=True))
    assert set(answered) | {last} <= set(written)
    assert len(written) == len(set(written))
    assert journals_in(tmp_path / "data" / "spool") == []
    assert_seen_is_written(most_lost=CLIENTS)


def assert_seen_is_written(*, most_lost):
    """What gateways saw is in the ledger, but for what was under way at the kill."""
    assert Writer.objects.count() == 2
    for writer in Writer.objects.all():
        assert writer.recorded == UsageRecord.objects.filter(writer=writer.name).count()
    assert 0 <= Writer.objects.lost() <= most_lost
    assert all(Writer.objects.values_list("has_ended", flat=True))


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "spool")
    yield journal
    journal.end()


def test_a_living_journal_is_nobody_elses(journal, tmp_path):
    journal.add(b"one")
    (file,) = journals_in(tmp_path / "spool")

    with taken_over(file) as is_ours:
        assert not is_ours
    assert lines_of(file) == [b"one"]


def test_what_the_database_has_leaves_the_journal_and_what_came_after_stays(journal, tmp_path):
    journal.add(b"one")
    journal.turn()
    journal.add(b"two")

    journal.drop()

    (file,) = journals_in(tmp_path / "spool")
    assert lines_of(file) == [b"two"]


def test_while_nothing_can_be_dropped_lines_go_on_in_one_file(journal, tmp_path):
    for line in (b"one", b"two", b"three"):
        journal.add(line)
        journal.turn()

    files = journals_in(tmp_path / "spool")
    assert [lines_of(file) for file in files] == [[b"one"], [b"two", b"three"]]


def test_a_journal_that_two_find_is_taken_over_by_one(tmp_path):
    file = tmp_path / "left.journal"
    file.write_bytes(b"one\n")
    holder = os.open(file, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)

    with taken_over(file) as while_held:
        pass
    os.close(holder)
    with taken_over(file) as afterwards:
        pass
    file.unlink()
    with taken_over(file) as when_gone:
        pass

    assert (while_held, afterwards, when_gone) == (False, True, False)


def test_a_full_disk_is_said_once_and_what_comes_later_is_kept(
    journal, tmp_path, monkeypatch, caplog
):
    def full(_descriptor, _offset, _size):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("gateway.journal.os.posix_fallocate", full)
        for line in (b"one", b"two"):
            journal.add(line)
    journal.add(b"three")

    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert [lines_of(file) for file in journals_in(tmp_path / "spool")] == [[b"three"]]
    assert not journal.is_refused
