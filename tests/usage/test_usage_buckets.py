"""Sums beside the ledger: each call in exactly one place, whatever comes twice or late."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.principal import Principal
from tests import factories
from tests.usage.test_usage_ledger import STARTED_AT, make_entry
from usage import partitions
from usage.models import (
    DayBucket,
    FreshBucket,
    HourBucket,
    LimitReservation,
    MinutesBucket,
    MonthBucket,
    UsageRecord,
    Writer,
)
from usage.models.writer import Seen
from usage.retention import AGEING, keep_within
from usage.rolling import roll_up
from usage.tallies import LATENCIES, LATENCY_BOUNDS_MS, SUMS, percentile, tallied

ROLLED = (MinutesBucket, HourBucket, DayBucket, MonthBucket)
LATER = STARTED_AT + timedelta(hours=1)


def entries(count, **fields):
    return [make_entry(f"req_{number}", **fields) for number in range(count)]


def requests_in(model):
    return sum(model.objects.values_list("requests", flat=True))


def test_a_call_is_added_to_its_five_minutes_as_it_is_written(project):
    one = make_entry("req_1", project_id=project.pk, cost=Decimal("0.25"), ttft_ms=7)
    other = make_entry("req_2", project_id=project.pk, cost=None, status=502, outcome="estimated")

    UsageRecord.objects.append([one])
    UsageRecord.objects.append([other])

    bucket = FreshBucket.objects.get()
    assert bucket.starts_at == datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    assert (bucket.project, bucket.provider_name, bucket.user_name) == (
        project,
        "OpenAI",
        "ada@example.com",
    )
    assert (bucket.requests, bucket.failed, bucket.estimated, bucket.unpriced) == (2, 1, 1, 1)
    assert (bucket.input_tokens, bucket.output_tokens, bucket.reasoning_tokens) == (2, 4, 10)
    assert (bucket.cost, bucket.latency_ms) == (Decimal("0.25"), 24)
    assert (bucket.ttft_ms, bucket.with_ttft, bucket.latency_02) == (7, 1, 2)


def test_what_comes_twice_is_added_once(db):
    first, second, third = entries(3)

    UsageRecord.objects.append([first, first])
    UsageRecord.objects.append([first, second])
    UsageRecord.objects.append([second, third, third])
    UsageRecord.objects.append([third])

    assert requests_in(FreshBucket) == UsageRecord.objects.count() == 3
    assert Writer.objects.get().recorded == 3


def test_a_client_that_hangs_up_is_nobodys_failure_and_a_cut_stream_is_one(db):
    left = make_entry("req_1", status=0, error_class="client_left", outcome="partial")
    cut = make_entry("req_2", status=200, error_class="provider_error", outcome="partial")

    UsageRecord.objects.append([left, cut])

    bucket = FreshBucket.objects.get()
    assert (bucket.failed, bucket.partial) == (1, 2)


@pytest.mark.parametrize("field", ["model", "provider", "key", "agent", "user", "project"])
def test_each_who_and_what_has_its_own_sums(db, field):
    UsageRecord.objects.append([make_entry("req_1"), make_entry("req_2", **{field: "another"})])

    assert FreshBucket.objects.count() == 2


def test_a_new_name_is_the_one_that_is_shown(db):
    UsageRecord.objects.append([make_entry("req_1", provider_name="Old")])
    UsageRecord.objects.append([make_entry("req_2", provider_name="New")])

    assert FreshBucket.objects.get().provider_name == "New"


def test_what_is_rolled_up_is_in_every_size_and_no_more_fresh(db):
    UsageRecord.objects.append(entries(3))

    assert roll_up(now=LATER) == 1
    assert roll_up(now=LATER) == 0

    assert requests_in(FreshBucket) == 0
    assert [requests_in(model) for model in ROLLED] == [3, 3, 3, 3]
    starts = [model.objects.get().starts_at for model in ROLLED]
    assert starts == [
        datetime(2026, 11, 20, 12, 30, tzinfo=UTC),
        datetime(2026, 11, 20, 12, tzinfo=UTC),
        datetime(2026, 11, 20, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
    ]


def test_what_comes_late_is_added_to_what_was_rolled_up(db):
    first, late = entries(2)
    UsageRecord.objects.append([first])
    roll_up(now=LATER)

    UsageRecord.objects.append([late, first])
    roll_up(now=LATER)

    assert [requests_in(model) for model in ROLLED] == [2, 2, 2, 2]
    assert [model.objects.count() for model in ROLLED] == [1, 1, 1, 1]


def test_the_five_minutes_under_way_stay_fresh(db):
    UsageRecord.objects.append(entries(1))

    assert roll_up(now=STARTED_AT + timedelta(minutes=1)) == 0
    assert requests_in(FreshBucket) == 1


def test_a_batch_that_breaks_off_has_moved_nothing(db, monkeypatch):
    UsageRecord.objects.append(entries(1))

    def broken(*_args):
        raise RuntimeError

    monkeypatch.setattr("usage.rolling._month", broken)
    monkeypatch.setattr("usage.rolling._SIZES", ((HourBucket, lambda at: at), (DayBucket, broken)))
    with pytest.raises(RuntimeError):
        roll_up(now=LATER)

    assert (requests_in(FreshBucket), requests_in(HourBucket)) == (1, 0)


def test_sums_stand_behind_the_wall_of_the_lines(project, viewer, stranger, staff):
    UsageRecord.objects.append([make_entry(project_id=project.pk)])

    assert FreshBucket.objects.visible_to(viewer).count() == 1
    assert FreshBucket.objects.visible_to(staff).count() == 1
    assert FreshBucket.objects.visible_to(stranger).count() == 0


def test_a_key_without_the_right_sees_no_sums(project):
    UsageRecord.objects.append([make_entry(project_id=project.pk)])
    blind = [{"effect": "Allow", "action": ["secrets:*"], "resource": ["*"]}]
    keys = [factories.make_key(project)[0], factories.make_key(project, policy=blind)[0]]

    seen = [FreshBucket.objects.visible_to(Principal.of_key(key, now=LATER)) for key in keys]

    assert [rows.count() for rows in seen] == [1, 0]


def test_sums_outlive_their_project(db):
    UsageRecord.objects.append([make_entry(project_id=987_654)])

    assert FreshBucket.objects.get().project is None


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=200), st.floats(0.01, 0.99))
def test_a_percentile_lies_within_the_bounds_around_the_true_one(latencies, share):
    ((_, sums),) = tallied(
        make_entry(f"req_{number}", latency_ms=latency) for number, latency in enumerate(latencies)
    ).items()
    counts = sums[SUMS.index(LATENCIES[0]) :]

    told = percentile(counts, share)

    ordered = sorted(latencies)
    true = ordered[min(int(share * len(ordered)), len(ordered) - 1)]
    before = ordered[max(int(share * len(ordered)) - 1, 0)]
    lower = max((bound for bound in LATENCY_BOUNDS_MS if bound < before), default=0)
    upper = min((bound for bound in LATENCY_BOUNDS_MS if bound >= true), default=300_000)
    assert lower <= told <= upper


def test_of_no_calls_no_percentile_is_told():
    assert percentile([0] * len(LATENCIES), 0.5) is None


def test_the_loss_meter_tells_what_was_seen_and_is_in_no_line(db):
    name = make_entry().writer
    UsageRecord.objects.append(entries(5))
    Writer.objects.note_seen(name, Seen(calls=9, under_way=2, waiting=1), at=LATER)
    Writer.objects.note_seen("gwy_killed", Seen(3, 0, 0), at=LATER, has_ended=True)

    assert Writer.objects.filter(name=name).lost() == 1
    assert Writer.objects.lost() == 4


postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL's tables are cut"
)


@postgresql
def test_months_are_made_ahead_moved_out_of_the_default_and_dropped_whole(db):
    UsageRecord.objects.append([make_entry("req_1", started_at=datetime(2020, 3, 5, tzinfo=UTC))])
    UsageRecord.objects.append([make_entry("req_2", started_at=datetime(2031, 5, 5, tzinfo=UTC))])

    partitions.keep(connection, partitions.LEDGER, now=datetime(2031, 5, 1, tzinfo=UTC))
    names = set(partitions._partitions(connection, partitions.LEDGER))
    assert {f"usage_usagerecord_p{name}" for name in ("202003", "203105", "203107")} <= names
    assert UsageRecord.objects.count() == 2

    dropped = partitions.drop(
        connection, partitions.LEDGER, before=datetime(2031, 5, 20, tzinfo=UTC)
    )
    assert "usage_usagerecord_p202003" in dropped
    assert UsageRecord.objects.get().public_id == "req_2"
    UsageRecord.objects.append([make_entry("req_2", started_at=datetime(2031, 5, 5, tzinfo=UTC))])
    assert UsageRecord.objects.count() == 1


@postgresql
def test_a_run_that_is_broken_off_leaves_every_line_where_it_was(db):
    march = datetime(2020, 3, 5, tzinfo=UTC)
    UsageRecord.objects.append([make_entry("req_1", started_at=march)])

    def broken_off(execute, sql, *more):
        if "ATTACH" in sql:
            raise InterruptedError
        return execute(sql, *more)

    with connection.execute_wrapper(broken_off), pytest.raises(InterruptedError):
        partitions.keep(connection, partitions.LEDGER, now=march)
    assert UsageRecord.objects.count() == 1

    partitions.keep(connection, partitions.LEDGER, now=march)
    assert UsageRecord.objects.count() == 1
    assert "usage_usagerecord_p202003" in set(partitions._partitions(connection, partitions.LEDGER))


@postgresql
def test_lines_in_a_table_that_never_became_a_partition_come_back(db):
    march, name = datetime(2020, 3, 5, tzinfo=UTC), "usage_usagerecord_p202003"
    UsageRecord.objects.append([make_entry("req_1", started_at=march)])
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {name} (LIKE usage_usagerecord INCLUDING DEFAULTS)")
        cursor.execute(f"INSERT INTO {name} SELECT * FROM usage_usagerecord")  # noqa: S608 - ours
        cursor.execute("DELETE FROM usage_usagerecord")

    partitions.keep(connection, partitions.LEDGER, now=datetime(2031, 5, 1, tzinfo=UTC))

    assert UsageRecord.objects.get().public_id == "req_1"
    assert name in set(partitions._partitions(connection, partitions.LEDGER))


def test_what_is_older_than_its_retention_goes_and_the_rest_stays(db, monkeypatch):
    monkeypatch.setattr("usage.retention.BATCH", 2)
    now = STARTED_AT + UsageRecord.RETENTION
    old = [
        make_entry(f"req_{days}", started_at=STARTED_AT - timedelta(days=40 * days))
        for days in range(4)
    ]
    UsageRecord.objects.append(old)
    roll_up(now=LATER)
    Writer.objects.note_seen("gwy_old", Seen(1, 0, 0), at=STARTED_AT - timedelta(days=1))

    keep_within(now=now)

    assert "req_0" in set(UsageRecord.objects.values_list("public_id", flat=True))
    assert UsageRecord.objects.count() <= 2  # on PostgreSQL a month goes when all of it is old
    assert requests_in(HourBucket) <= 2
    assert (requests_in(DayBucket), requests_in(MonthBucket)) == (4, 4)
    assert not Writer.objects.filter(name="gwy_old").exists()


def test_every_table_of_the_ledger_that_grows_says_how_long_it_keeps_its_rows():
    ageing = {model for model, _, _ in AGEING}
    named = {model for model in apps.get_app_config("usage").get_models() if model not in ageing}

    assert all(model.RETENTION for model in ageing)
    # Emptied by each roll-up; gone with their calls; a few rows for good.
    assert named == {FreshBucket, LimitReservation, MonthBucket}
