"""What pages say of the ledger equals what its rows add up to, rolled up or not."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from accounts.principal import Principal
from tests import factories
from tests.usage.lines import use
from tests.usage.test_usage_ledger import make_entry
from usage.models import UsageRecord
from usage.questions import Question
from usage.reports import models_of, parts_of, report
from usage.rolling import roll_up

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
TODAY = NOW.date()
MONTH = Question(TODAY - timedelta(days=29), TODAY)
TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")


def week_of_calls(project, *, count=300, seed=7):
    chance = Random(seed)  # noqa: S311 - not for secrets
    return [
        make_entry(
            f"req_{seed}_{number}",
            project_id=project.pk,
            project=project.public_id,
            provider=chance.choice(["aip_a", "aip_b"]),
            provider_name="Main",
            model=chance.choice(["m1", "m2"]),
            key=chance.choice(["key_a", "key_b"]),
            user=chance.choice(["usr_a", "usr_b"]),
            kind_of_use=chance.choice(["chat", "task", "test"]),
            input_tokens=chance.randrange(1_000),
            cost=chance.choice([None, Decimal(chance.randrange(1_000)) / 1_000]),
            status=chance.choice([200, 200, 502]),
            latency_ms=chance.randrange(5_000),
            started_at=NOW - timedelta(minutes=chance.randrange(60 * 24 * 7)),
        )
        for number in range(count)
    ]


def raw(rows):
    """Add the ledger's rows up one by one."""
    rows = list(rows)
    return {
        "requests": len(rows),
        "failed": sum(row.status >= 400 for row in rows),
        "unpriced": sum(row.cost is None for row in rows),
        "tokens": sum(getattr(row, f"{name}_tokens") for row in rows for name in TOKENS),
        "cost": round(sum((row.cost or Decimal(0) for row in rows), Decimal(0)), 9),
    }


def told(totals):
    return {
        "requests": totals.requests,
        "failed": totals.failed,
        "unpriced": totals.unpriced,
        "tokens": totals.tokens,
        "cost": round(totals.cost, 9),
    }


def grouped(rows, *names):
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(getattr(row, name) for name in names)].append(row)
    return {key: raw(group) for key, group in groups.items()}


@pytest.mark.parametrize("rolled", ["nothing", "some", "all"])
def test_the_numbers_of_a_report_are_the_sums_of_the_rows(project, viewer, rolled):
    calls = week_of_calls(project)
    UsageRecord.objects.append(calls[:200])
    if rolled != "nothing":
        roll_up(now=NOW)
    UsageRecord.objects.append(calls[150:])
    if rolled == "all":
        roll_up(now=NOW + timedelta(hours=1))

    found = report(Principal.of(viewer), project, MONTH)

    rows = list(UsageRecord.objects.all())
    assert told(found.totals) == raw(rows)
    assert sum(found.totals.latencies) == len(rows)
    assert {(line.id, line.model): told(line.totals) for line in found.models} == grouped(
        rows, "provider_public_id", "model"
    )
    for row in rows:
        row.day = row.started_at.date()
    days = {
        (day, kind): told(sums) for day, kinds in found.days.items() for kind, sums in kinds.items()
    }
    assert {key: sums["requests"] for key, sums in days.items()} == {
        key: sums["requests"] for key, sums in grouped(rows, "day", "kind_of_use").items()
    }
    for lines, name in ((found.keys, "key_public_id"), (found.users, "user_public_id")):
        costs = {(line.id,): round(line.totals.cost, 9) for line in lines}
        assert costs == {key: sums["cost"] for key, sums in grouped(rows, name).items()}
    assert len(found.days) == 30


@pytest.mark.parametrize(
    ("narrowed", "column"),
    [
        ({"provider": "aip_a"}, "provider_public_id"),
        ({"model": "m1"}, "model"),
        ({"key": "key_b"}, "key_public_id"),
        ({"user": "usr_a"}, "user_public_id"),
    ],
)
def test_a_narrowed_report_is_of_those_rows_alone(project, viewer, narrowed, column):
    UsageRecord.objects.append(week_of_calls(project))
    roll_up(now=NOW)
    question = Question(MONTH.first, MONTH.last, **narrowed)

    found = report(Principal.of(viewer), project, question)

    (wanted,) = narrowed.values()
    assert told(found.totals) == raw(UsageRecord.objects.filter(**{column: wanted}))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 8, 1), date(2026, 10, 31)),  # months alone
        (date(2026, 8, 2), date(2026, 11, 20)),
        (date(2026, 7, 31), date(2026, 9, 29)),
        (date(2026, 9, 2), date(2026, 10, 30)),  # no whole month
        (date(2026, 9, 1), date(2026, 9, 30)),
        (date(2026, 9, 30), date(2026, 10, 1)),
    ],
)
def test_whole_months_hold_what_their_days_do(project, viewer, first, last):
    chance = Random(3)  # noqa: S311 - not for secrets
    begun = datetime(2026, 7, 25, tzinfo=UTC)
    edges = [datetime(2026, month, 1, tzinfo=UTC) for month in (8, 9, 10, 11)]
    moments = [begun + timedelta(minutes=chance.randrange(60 * 24 * 118)) for _ in range(200)]
    moments += [edge - step for edge in edges for step in (timedelta(0), timedelta(seconds=1))]
    calls = week_of_calls(project, count=len(moments))
    UsageRecord.objects.append(
        [call._replace(started_at=at) for call, at in zip(calls, moments, strict=True)]
    )
    roll_up(now=NOW)

    found = report(Principal.of(viewer), project, Question(first, last))

    rows = list(UsageRecord.objects.filter(started_at__date__range=(first, last)))
    assert told(found.totals) == raw(rows)
    assert sum(found.totals.latencies) == len(rows)
    assert sum(line.totals.requests for line in found.users) == len(rows)
    by_days = sum(sums.requests for kinds in found.days.values() for sums in kinds.values())
    assert by_days == len(rows)


def test_days_begin_at_midnight_utc(project, viewer):
    provider = factories.make_provider(project, name="Main")
    for at in (
        "2026-11-09T23:59:59",
        "2026-11-10T00:00:00",
        "2026-11-11T23:59:59",
        "2026-11-12T00:00:00",
    ):
        use(provider, at=datetime.fromisoformat(at).replace(tzinfo=UTC))
    question = Question(date(2026, 11, 10), date(2026, 11, 11))

    fresh = report(Principal.of(viewer), project, question).totals.requests
    roll_up(now=NOW)
    rolled = report(Principal.of(viewer), project, question).totals.requests

    assert (fresh, rolled) == (2, 2)


def test_a_report_asks_three_times_however_many_rows(project, viewer, django_assert_num_queries):
    UsageRecord.objects.append(week_of_calls(project))
    roll_up(now=NOW)
    who = Principal.of(viewer)

    with django_assert_num_queries(3):
        report(who, project, MONTH)
    with django_assert_num_queries(1):
        models_of(who, project, MONTH)


def test_a_stranger_and_another_project_add_nothing(project, viewer, stranger, staff):
    other = factories.make_project("Other")
    UsageRecord.objects.append(week_of_calls(project, count=20))
    UsageRecord.objects.append(week_of_calls(other, count=5, seed=8))

    def requests(who, where):
        return report(Principal.of(who), where, MONTH).totals.requests

    assert requests(viewer, None) == 20
    assert requests(stranger, None) == requests(stranger, project) == 0
    assert (requests(staff, None), requests(staff, other)) == (25, 5)


def test_without_a_single_price_the_cost_is_unknown(project, viewer):
    provider = factories.make_provider(project, name="Main")
    use(provider, at=NOW, cost=None)

    found = report(Principal.of(viewer), project, MONTH)

    assert found.totals.known_cost is None
    assert found.models[0].totals.known_cost is None


def test_the_parts_of_a_report_add_up_to_it(project, viewer):
    UsageRecord.objects.append(week_of_calls(project))
    roll_up(now=NOW)
    who = Principal.of(viewer)

    parts = list(parts_of(who, project, MONTH))

    assert sum(part["sum_requests"] for part in parts) == 300
    assert parts == sorted(parts, key=lambda part: (part["day"], part["kind_of_use"]))
