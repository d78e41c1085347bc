"""The arithmetic of limits."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from usage.limits.rules import (
    Measure,
    Rule,
    Standing,
    amount_label,
    crossed,
    room_after_s,
    share_of,
    span_of,
    stops,
)


def rule(amount=10, **fields):
    plain = {"id": "lim_1", "name": "Team", "project_pk": 1, "subject": "prj_1"}
    return Rule(**(plain | {"measure": Measure.REQUESTS, "amount": Decimal(amount)} | fields))


@pytest.mark.parametrize(
    ("measure", "first", "behind"),
    [
        (Measure.USD_DAY, (2026, 11, 29), (2026, 11, 30)),
        (Measure.USD_WEEK, (2026, 11, 23), (2026, 11, 30)),
        (Measure.USD_MONTH, (2026, 11, 1), (2026, 12, 1)),
        (Measure.REQUESTS, (2026, 11, 29), (2026, 11, 30)),
    ],
)
def test_a_window_is_a_day_week_or_month_in_utc(measure, first, behind):
    sunday = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)

    assert span_of(measure, sunday) == (
        datetime(*first, tzinfo=UTC),
        datetime(*behind, tzinfo=UTC),
    )


@pytest.mark.parametrize(("month", "behind"), [(1, (2027, 2)), (12, (2028, 1)), (2, (2027, 3))])
def test_a_month_ends_where_the_next_begins(month, behind):
    moment = datetime(2027, month, 28, 12, tzinfo=UTC)

    assert span_of(Measure.USD_MONTH, moment)[1] == datetime(*behind, 1, tzinfo=UTC)


def test_a_call_is_admitted_while_there_is_room_and_stopped_when_there_is_none():
    assert stops([Standing(rule(10), Decimal("9.99"))]) is None
    assert stops([Standing(rule(10), Decimal(10))]) is not None


def test_of_several_full_limits_the_one_to_wait_for_longest_is_named():
    short = Standing(rule(), Decimal(10), wait_s=4)
    longest = Standing(rule(), Decimal(10), wait_s=900)

    assert stops([short, longest, short]) is longest


def test_a_shadow_limit_stops_nothing():
    assert stops([Standing(rule(is_shadow=True), Decimal(99))]) is None


def test_there_is_room_when_enough_of_the_minute_has_gone_by():
    slots = {100: 2, 110: 2, 130: 6}

    assert room_after_s(slots, most=Decimal(10), now=140) == 20  # the two of second 100
    assert room_after_s(slots, most=Decimal(7), now=140) == 30
    assert room_after_s(slots, most=Decimal(1), now=140) == 50


def test_processes_that_cannot_ask_each_other_admit_no_more_than_the_limit_together():
    assert share_of(Decimal(10), 3) == 3
    assert share_of(Decimal(1), 3) == 1
    assert share_of(Decimal(10), 0) == 10


def levels(*percents):
    told, heard = 0, []
    for percent in percents:
        threshold, told = crossed(Decimal(percent), told)
        heard.append(threshold)
    return heard


def test_each_threshold_is_told_once_for_a_crossing():
    assert levels(10, 79, 80, 85, 99, 100, 140) == [0, 0, 80, 0, 0, 100, 0]


def test_a_level_that_jumps_is_told_once_at_its_highest():
    assert levels(10, 120, 119) == [0, 100, 0]


def test_a_full_limit_is_told_again_only_after_it_was_below_ninety():
    assert levels(100, 95, 90, 100) == [100, 0, 0, 0]
    assert levels(100, 89, 100) == [100, 0, 100]


def test_the_warning_is_told_again_only_after_its_own_fall():
    assert levels(80, 75, 80) == [80, 0, 0]
    assert levels(80, 71, 80) == [80, 0, 80]
    assert levels(100, 85, 79, 82) == [100, 0, 0, 0]


def test_amounts_say_their_unit():
    assert amount_label(Measure.USD_DAY, Decimal("25.0000")) == "$25.00 a day"
    assert amount_label(Measure.TOKENS, Decimal(40_000)) == "40,000 tokens a minute"
