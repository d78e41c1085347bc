import pytest

from axiom.supervisor.restarts import LONGEST_WAIT_S, Restarts

pytestmark = pytest.mark.embedded


def test_each_death_at_the_start_waits_twice_as_long():
    restarts = Restarts()

    waits = [restarts.wait_after_death(ran_s=1, now_s=moment) for moment in (1, 3, 5, 8)]

    assert waits == [0.5, 1, 2, 4]


def test_the_fifth_death_within_thirty_seconds_of_the_start_is_the_last():
    restarts = Restarts()

    waits = [restarts.wait_after_death(ran_s=1, now_s=moment) for moment in (1, 3, 5, 8, 31)]

    assert waits[-1] is None


def test_five_deaths_over_a_longer_time_are_started_again():
    restarts = Restarts()

    waits = [restarts.wait_after_death(ran_s=7, now_s=moment) for moment in (1, 9, 18, 25, 32)]

    assert waits[-1] == 8


def test_a_part_that_once_settled_is_always_started_again():
    restarts = Restarts()
    restarts.wait_after_death(ran_s=3600, now_s=3600)

    waits = [restarts.wait_after_death(ran_s=0, now_s=3600 + n) for n in range(10)]

    assert None not in waits
    assert max(waits) == LONGEST_WAIT_S


def test_a_long_run_starts_the_waits_anew():
    restarts = Restarts()
    for moment in (1, 2, 3):
        restarts.wait_after_death(ran_s=0, now_s=moment)

    assert restarts.wait_after_death(ran_s=60, now_s=70) == 0.5
