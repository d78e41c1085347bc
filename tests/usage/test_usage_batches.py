"""Lines in batches: handed over, posted once however often, and kept where nobody takes them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import Notice
from tests.usage.test_usage_buckets import requests_in
from tests.usage.test_usage_ledger import STARTED_AT, make_entry
from usage import tasks
from usage.limits import money
from usage.limits.rules import Claim
from usage.models import (
    Batch,
    FreshBucket,
    LimitAlert,
    LimitReservation,
    LimitWindow,
    UsageRecord,
    Writer,
)
from usage.models.batch import MOST_AT_ONCE, BatchQuerySet
from usage.models.writer import Seen
from usage.retention import keep_within

pytestmark = pytest.mark.django_db

WRITER = make_entry().writer


def entries(*numbers, **fields):
    return [make_entry(f"req_{number}", **fields) for number in numbers]


def hand_over(name, lines, *, writer=WRITER):
    texts = [line.as_line() for line in lines]
    Batch.objects.hand_over(name, texts, writer=writer, now=STARTED_AT)


def written():
    return sorted(UsageRecord.objects.values_list("public_id", flat=True))


def test_what_is_handed_over_is_in_the_ledger_once_it_is_posted():
    lines = entries(1, 2, cost=Decimal("0.25"), model="gpt-4.1 — größer\n")
    hand_over("bat_1", lines)
    assert written() == []

    tasks.post_batches()

    assert written() == ["req_1", "req_2"]
    row = UsageRecord.objects.get(public_id="req_1")
    assert (row.model, row.cost, row.started_at) == (lines[0].model, Decimal("0.25"), STARTED_AT)
    assert not Batch.objects.exists()


def test_a_batch_that_is_handed_over_twice_is_one():
    for _ in range(2):
        hand_over("bat_1", entries(1))

    assert Batch.objects.count() == 1


def test_lines_that_come_again_count_once():
    hand_over("bat_1", entries(1, 2))
    Batch.objects.post()
    hand_over("bat_1", entries(1, 2))  # the gateway never heard that it was taken
    hand_over("bat_2", entries(2, 3))
    Batch.objects.post()

    assert written() == ["req_1", "req_2", "req_3"]
    assert requests_in(FreshBucket) == Writer.objects.get().recorded == 3


def test_what_is_broken_off_in_between_is_posted_later(monkeypatch):
    def broken_off(_self):
        raise OperationalError("server closed the connection unexpectedly")

    hand_over("bat_1", entries(1))
    with monkeypatch.context() as patch:
        patch.setattr(BatchQuerySet, "delete", broken_off)
        with pytest.raises(OperationalError):
            Batch.objects.post()
    assert (written(), Batch.objects.count()) == ([], 1)

    Batch.objects.post()

    assert (written(), Batch.objects.count()) == (["req_1"], 0)
    assert requests_in(FreshBucket) == 1


def test_the_oldest_is_posted_first():
    for number in (2, 1, 3):
        hand_over(f"bat_{number}", entries(number))

    Batch.objects.post()

    assert list(UsageRecord.objects.order_by("pk").values_list("public_id", flat=True)) == [
        "req_2",
        "req_1",
        "req_3",
    ]


def test_more_than_go_into_one_transaction_are_posted_too():
    numbers = range(2 * MOST_AT_ONCE + 1)
    for number in numbers:
        hand_over(f"bat_{number}", entries(number))

    Batch.objects.post()

    assert UsageRecord.objects.count() == len(numbers)
    assert not Batch.objects.exists()


def test_lines_that_two_waiting_batches_have_count_once():
    hand_over("bat_1", entries(1, 2))
    hand_over("bat_2", entries(2, 3))

    Batch.objects.post()

    assert written() == ["req_1", "req_2", "req_3"]
    assert requests_in(FreshBucket) == 3


def test_what_comes_while_one_posts_is_for_the_next_time(monkeypatch):
    real = type(UsageRecord.objects.all()).append

    def one_more(self, lines):
        real(self, lines)
        hand_over("bat_2", entries(2))

    hand_over("bat_1", entries(1))
    monkeypatch.setattr(type(UsageRecord.objects.all()), "append", one_more)
    Batch.objects.post()

    assert written() == ["req_1"]
    assert Batch.objects.get().name == "bat_2"


def test_a_line_that_nobody_takes_is_kept_and_holds_up_no_other(caplog):
    bad = make_entry("req_bad", outcome="reported", latency_ms=-1)
    hand_over("bat_1", [*entries(*range(7)), bad, *entries(*range(7, 9))])
    hand_over("bat_2", entries(9))

    for _ in range(2):
        Batch.objects.post()

    assert written() == [f"req_{number}" for number in range(10)]
    left = Batch.objects.get()
    assert (left.name, left.count, left.is_refused) == ("bat_1", 1, True)
    assert bytes(left.lines) == bad.as_line()
    assert caplog.text.count("the ledger refused the line of req_bad") == 1


def test_a_line_that_can_not_be_read_is_kept_as_it_is(caplog):
    hand_over("bat_1", entries(1, 2))
    batch = Batch.objects.get()
    batch.lines = bytes(batch.lines) + b"\n{half a li"
    batch.save()

    Batch.objects.post()

    assert written() == ["req_1", "req_2"]
    left = Batch.objects.get()
    assert (bytes(left.lines), left.count, left.is_refused) == (b"{half a li", 1, True)
    assert "a line of the batch bat_1 is unreadable" in caplog.text


def test_what_was_refused_is_tried_again_once_somebody_says_so():
    hand_over("bat_1", entries(1))
    Batch.objects.update(is_refused=True)
    Batch.objects.post()
    assert written() == []

    Batch.objects.update(is_refused=False)
    Batch.objects.post()

    assert written() == ["req_1"]


def test_what_was_refused_goes_as_the_ledger_does():
    hand_over("bat_1", entries(1))
    Batch.objects.update(is_refused=True)

    keep_within(now=STARTED_AT + UsageRecord.RETENTION)
    assert Batch.objects.exists()
    keep_within(now=STARTED_AT + UsageRecord.RETENTION + timedelta(days=1))

    assert not Batch.objects.exists()


def test_what_waits_in_batches_is_not_lost_and_what_was_refused_is():
    Writer.objects.note_seen(WRITER, Seen(calls=7, under_way=1, waiting=1), at=STARTED_AT)
    UsageRecord.objects.append(entries(1))
    hand_over("bat_1", entries(2, 3))
    hand_over("bat_2", [make_entry("req_bad", latency_ms=-1), *entries(4)])
    hand_over("bat_3", entries(9, writer="gwy_new"), writer="gwy_new")
    assert Writer.objects.lost() == 0

    Batch.objects.post()

    assert Writer.objects.lost() == 1


def test_nothing_that_waits_costs_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        Batch.objects.post()


def test_money_is_settled_and_told_of_by_whoever_posts(project, rule):
    now = timezone.now()
    claim = Claim("req_1", (rule,), now, cost=Decimal(9))
    money.reserve([claim], now=now)
    hand_over(
        "bat_1",
        entries(
            1,
            project_id=project.pk,
            project=project.public_id,
            cost=Decimal("8.50"),
            started_at=now,
        ),
    )
    assert LimitWindow.objects.get().taken == 9

    Batch.objects.post()

    window = LimitWindow.objects.get()
    assert (window.spent, window.reserved) == (Decimal("8.50"), 0)
    assert not LimitReservation.objects.exists()
    assert LimitAlert.objects.get().threshold == 80
    assert Notice.objects.filter(project=project).count() == 1


def test_what_calls_set_aside_does_not_expire_before_their_lines_are_posted(project, rule):
    """Though worker and gateway were away for longer than that."""
    then = timezone.now() - money.EXPIRES_AFTER - timedelta(minutes=1)
    money.reserve([Claim("req_1", (rule,), then, cost=Decimal(9))], now=then)
    line = make_entry(
        "req_1", project_id=project.pk, project=project.public_id, cost=None, started_at=then
    )
    hand_over("bat_1", [line])

    tasks.roll_up()

    window = LimitWindow.objects.get()
    assert (window.spent, window.reserved, window.unpriced) == (9, 0, 1)
