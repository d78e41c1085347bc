"""When a schedule is due, with the clock changes of two years; no database."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.schedules import Schedule, ScheduleInvalid

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def schedule(expression, zone="Europe/Berlin"):
    return Schedule.read(expression, zone, now=NEW_YEAR)


def coming(expression, start, count=3, zone="Europe/Berlin"):
    """Give the next times after a moment of that zone, such as `2026-03-28 12:00`."""
    begin = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    times = schedule(expression, zone).coming(begin, count)
    return [f"{each:%d %H:%M %z}" for each in times]


# Clocks in Berlin go from 02:00 to 03:00 on 29 March 2026, and from 03:00 to 02:00 on 25 October.


def test_a_time_that_is_skipped_is_due_at_the_moment_after():
    start = "2026-03-28 12:00"

    assert coming("30 2 * * *", start) == ["29 03:00 +0200", "30 02:30 +0200", "31 02:30 +0200"]


def test_a_time_that_comes_twice_is_due_once():
    start = "2026-10-24 12:00"

    assert coming("30 2 * * *", start) == ["25 02:30 +0200", "26 02:30 +0100", "27 02:30 +0100"]


def test_two_fixed_times_that_fall_together_are_due_once():
    start = "2026-03-28 12:00"

    assert coming("0 2,3 * * *", start) == ["29 03:00 +0200", "30 02:00 +0200", "30 03:00 +0200"]


def test_every_hour_is_every_hour_of_elapsed_time():
    spring, autumn = "2026-03-29 00:30", "2026-10-25 01:30"

    assert coming("0 * * * *", spring) == ["29 01:00 +0100", "29 03:00 +0200", "29 04:00 +0200"]
    assert coming("0 * * * *", autumn) == ["25 02:00 +0200", "25 02:00 +0100", "25 03:00 +0100"]


def test_steps_within_an_hour_that_is_skipped_are_not_made_up_for():
    spring, autumn = "2026-03-28 12:00", "2026-10-24 12:00"

    assert coming("*/30 2 * * *", spring, 2) == ["30 02:00 +0200", "30 02:30 +0200"]
    assert coming("*/30 2 * * *", autumn, 4) == [
        *("25 02:00 +0200", "25 02:30 +0200", "25 02:00 +0100", "25 02:30 +0100"),
    ]


def test_elsewhere_nothing_is_skipped():
    start = "2026-03-28 12:00"

    assert coming("30 2 * * *", start, 2, zone="UTC") == ["29 02:30 +0000", "30 02:30 +0000"]
    assert coming("30 2 * * *", start, 2, zone="Asia/Kolkata") == [
        *("29 02:30 +0530", "30 02:30 +0530"),
    ]


def test_a_day_of_the_month_or_of_the_week_will_do_where_both_are_given():
    start = "2026-11-01 00:00"

    assert coming("0 9 13 * FRI", start) == ["06 09:00 +0100", "13 09:00 +0100", "20 09:00 +0100"]


def test_the_next_time_is_after_the_moment_and_not_at_it():
    at_nine = datetime(2026, 11, 2, 9, 0, tzinfo=BERLIN)

    assert schedule("0 9 * * *").next_after(at_nine) == datetime(2026, 11, 3, 9, 0, tzinfo=BERLIN)


def test_words_say_what_people_would():
    assert schedule("30 9 * * MON-FRI").words == "At 09:30 on Monday through Friday"
    assert schedule("  0   0 1 *  * ").expression == "0 0 1 * *"


@pytest.mark.parametrize(
    ("expression", "zone", "field", "words"),
    [
        ("* * * *", "UTC", "schedule", "five fields"),
        ("* * * * * *", "UTC", "schedule", "five fields"),
        ("@daily", "UTC", "schedule", "five fields"),
        ("", "UTC", "schedule", "five fields"),
        ("60 * * * *", "UTC", "schedule", "Bad minute"),
        ("a b c d e", "UTC", "schedule", "Bad minute"),
        ("0 0 31 2 *", "UTC", "schedule", "Bad day-of-month"),
        ("0 9 * * *", "Mars/Olympus", "time_zone", "time zone"),
        ("0 9 * * *", "../etc/passwd", "time_zone", "time zone"),
    ],
)
def test_what_is_no_schedule_is_refused_at_its_field(expression, zone, field, words):
    with pytest.raises(ScheduleInvalid, match=words) as refused:
        schedule(expression, zone)

    assert refused.value.field == field
