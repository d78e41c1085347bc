"""The ledger against what was seen: a full disk, a kill, and the loss meter between them."""

import pytest

from gateway import delivery, edge, refusals
from gateway.journal import Journal, journals_in
from gateway.meter import Meter, meters_in, read_meter
from gateway.refusals import NobodyAnswered, Refusal
from providers.kinds.vocabulary import ErrorClass
from tests import factories
from tests.gateway.test_gateway_without_database import away
from usage.models import FreshBucket, UsageRecord, Writer

__all__ = ["away"]


@pytest.fixture
def full_disk():
    """Let no line reach the disk inside a `with` block."""
    with pytest.MonkeyPatch.context() as patch:

        def full(_descriptor, _offset, _size):
            raise OSError(28, "No space left on device")

        class Full:
            def __enter__(self):
                patch.setattr("gateway.journal.os.posix_fallocate", full)

            def __exit__(self, *_error):
                patch.undo()

        yield Full()


def lines_of(file):
    """The lines of a mapped file, whose rest is zeros."""
    return file.read_bytes().rstrip(b"\0").split(b"\n")[:-1]


def noted(gateway):
    gateway.engine.pipeline.accounting._noted_at = float("-inf")
    gateway.settle()
    return Writer.objects.get(name=gateway.engine.pipeline.accounting._meter.name)


def lost(writer):
    return Writer.objects.filter(pk=writer.pk).lost()


def test_on_a_full_disk_no_new_call_is_taken_and_none_is_lost(gateway, provider, token, full_disk):
    gateway.learn(token)
    gateway.settle()

    with full_disk:
        told, refused = gateway.chat(token), gateway.chat(token)
        ready = gateway.send("GET", "/readyz").json["missing"]
        gateway.settle()
    gateway.settle()
    again = gateway.chat(token)
    gateway.settle()

    assert (told.status, refused.status, again.status) == (200, 503, 200)
    assert "ledger" in ready
    ids = {answer.headers["x-axiom-request-id"] for answer in (told, refused, again)}
    assert ids <= set(UsageRecord.objects.values_list("public_id", flat=True))


def test_an_operator_may_choose_to_serve_on(start_gateway, provider, token, full_disk):
    gateway = start_gateway()
    gateway.engine.pipeline.accounting._serves_unrecorded = True
    gateway.learn(token)
    gateway.settle()

    with full_disk:
        assert [gateway.chat(token).status for _ in range(2)] == [200, 200]


def test_what_the_journal_lacks_goes_to_disk_as_soon_as_it_can(
    gateway, provider, token, full_disk, away
):
    gateway.learn(token)
    gateway.settle()

    with away:
        with full_disk:
            gateway.chat(token)
        gateway.settle()
        assert list(gateway.spool_dir.glob("*.jsonl"))
        assert gateway.engine.pipeline.accounting.depth == 0
    gateway.settle()

    assert UsageRecord.objects.count() == 2


def test_a_full_file_is_followed_by_another_and_all_go_together(tmp_path, full_disk):
    journal, line = Journal(tmp_path), b"x" * 100_000
    for _ in range(2):
        journal.add(line)
    with full_disk:
        journal.add(line)  # of which half a one would fit
    assert journal.is_refused
    journal.try_again()
    for _ in range(3):
        journal.add(line)

    assert [len(lines_of(file)) for file in journals_in(tmp_path)] == [2, 2, 1]
    assert not journal.is_refused
    journal.turn()
    journal.drop()
    assert journals_in(tmp_path) == []


def test_what_was_seen_is_in_the_ledger(gateway, provider, token):
    gateway.learn(token)
    gateway.chat(token, model="nobody-has-it")
    gateway.ask(token, "/v1/messages/count_tokens", {"model": "default", "messages": []})
    gateway.send("POST", "/v1/chat/completions", token, b"{")

    writer = noted(gateway)

    assert (writer.seen, writer.recorded, lost(writer)) == (3, 3, 0)
    assert sum(FreshBucket.objects.values_list("requests", flat=True)) == 3


def test_a_gateway_that_stops_says_the_last_word_itself(start_gateway, provider, token, tmp_path):
    gateway = start_gateway(spool_dir=tmp_path / "spool")
    gateway.learn(token)
    gateway.stop()

    writer = Writer.objects.get()
    assert (writer.seen, writer.recorded, writer.has_ended) == (1, 1, True)
    assert meters_in(tmp_path / "spool") == []


def test_calls_under_way_at_a_kill_are_told_as_lost(gateway, provider, token):
    killed = Meter(gateway.spool_dir)
    for _ in range(3):
        killed.see()
    killed.end()
    killed.close(is_noted=False)  # as the system does for a process that is gone

    gateway.engine.pipeline.accounting._swept_at = float("-inf")
    gateway.settle()

    writer = Writer.objects.get(name=killed.name)
    assert (writer.seen, lost(writer), writer.has_ended) == (3, 3, True)
    assert killed._file not in meters_in(gateway.spool_dir)


def test_a_living_gateways_meter_is_its_own(tmp_path):
    meter = Meter(tmp_path)
    meter.see()
    meter.see()
    meter.waive()

    assert (meter.seen, meter.under_way) == (1, 1)
    assert read_meter(meters_in(tmp_path)[0]) == (meter.name, 1)
    meter.close(is_noted=True)
    assert meters_in(tmp_path) == []


def test_without_a_disk_the_meter_counts_in_memory(tmp_path, caplog):
    (tmp_path / "file").write_text("")

    meter = Meter(tmp_path / "file" / "spool")
    meter.see()

    assert meter.seen == 1
    assert "loss meter" in caplog.text
    meter.close(is_noted=True)


def test_whatever_a_call_ends_by_fits_its_column():
    of_refusals = [kind.code for kind in vars(refusals).values() if is_refusal(kind)]
    of_failures = [NobodyAnswered(one, "").code for one in ErrorClass]
    words = [*of_refusals, *of_failures, *ErrorClass, edge.CLIENT_LEFT, delivery.STOPPED]

    longest = UsageRecord._meta.get_field("error_class").max_length

    assert refusals.NotAllowed.code in words
    assert [word for word in words if len(word) > longest] == []


def is_refusal(kind):
    return isinstance(kind, type) and issubclass(kind, Refusal)


def test_a_call_that_was_refused_says_so_in_the_ledger(gateway, provider, aurora):
    small = provider.models.get(upstream_id="other-model")
    provider.models.filter(pk=small.pk).update(context_window=10)
    policy = [{"effect": "Allow", "action": ["models:*"], "resource": [small.public_id]}]
    _, narrow = factories.make_key(aurora, policy=policy)

    not_allowed = gateway.chat(narrow, model="near-ai/upstream-model")
    too_long = gateway.chat(
        narrow,
        model="near-ai/other-model",
        messages=[{"role": "user", "content": "many words " * 50}],
    )
    gateway.settle()

    assert (not_allowed.status, too_long.status) == (403, 400)
    rows = UsageRecord.objects.order_by("started_at").values_list("status", "error_class")
    assert list(rows) == [(403, "insufficient_permissions"), (400, "context_length_exceeded")]
