"""When a model is left alone, by the clock that the test holds."""

import pytest

from gateway.breaker import FAILURES_TO_OPEN, OPEN_FOR_S, Breaker, key_of
from tests.gateway.tables import make_target

NOON = 1_800_000_000.0
TARGET = make_target("a/m")


@pytest.fixture
def breaker():
    return Breaker()


def fail(breaker, target=TARGET, *, times=FAILURES_TO_OPEN, now=NOON, **asked):
    for _ in range(times):
        breaker.failed(target, now=now, **asked)


def test_three_failures_in_a_row_open_it_for_a_minute(breaker):
    fail(breaker, times=FAILURES_TO_OPEN - 1)
    assert not breaker.is_open(TARGET, now=NOON)

    fail(breaker, times=1)

    assert breaker.is_open(TARGET, now=NOON + OPEN_FOR_S - 1)
    assert not breaker.is_open(TARGET, now=NOON + OPEN_FOR_S)


def test_a_success_between_failures_starts_the_count_anew(breaker):
    fail(breaker, times=FAILURES_TO_OPEN - 1)
    breaker.succeeded(TARGET)
    fail(breaker, times=FAILURES_TO_OPEN - 1)

    assert not breaker.is_open(TARGET, now=NOON)


def test_after_the_minute_one_request_probes_while_the_others_wait(breaker):
    fail(breaker)
    later = NOON + OPEN_FOR_S

    breaker.begin(TARGET, now=later)

    assert breaker.is_open(TARGET, now=later)


def test_one_more_failure_reopens_and_a_success_closes(breaker):
    fail(breaker)
    later = NOON + OPEN_FOR_S
    breaker.begin(TARGET, now=later)

    fail(breaker, times=1, now=later + 1)
    assert breaker.is_open(TARGET, now=later + OPEN_FOR_S)

    breaker.succeeded(TARGET)
    assert not breaker.is_open(TARGET, now=later + 2)


def test_a_probe_that_tells_nothing_leaves_the_way_to_the_next(breaker):
    fail(breaker)
    later = NOON + OPEN_FOR_S
    before = breaker.begin(TARGET, now=later)

    breaker.told_nothing(TARGET, before=before)

    assert not breaker.is_open(TARGET, now=later)
    assert breaker.take_notes()[key_of(TARGET)] == before  # and others know it too


def test_what_tells_nothing_undoes_nothing_that_others_have_seen(breaker):
    before = breaker.begin(TARGET, now=NOON)
    fail(breaker)
    breaker.told_nothing(TARGET, before=before)
    assert breaker.is_open(TARGET, now=NOON)

    later = NOON + OPEN_FOR_S
    before = breaker.begin(TARGET, now=later)
    fail(breaker, times=1, now=later)
    breaker.told_nothing(TARGET, before=before)
    assert breaker.is_open(TARGET, now=later)


@pytest.mark.parametrize(("asked", "open_for"), [(300, 300), (5, OPEN_FOR_S), (None, OPEN_FOR_S)])
def test_a_provider_may_ask_to_be_left_alone_for_longer_and_not_for_less(breaker, asked, open_for):
    fail(breaker, retry_after_s=asked)

    assert breaker.is_open(TARGET, now=NOON + open_for - 1)
    assert not breaker.is_open(TARGET, now=NOON + open_for)


def test_each_model_has_its_own(breaker):
    fail(breaker)

    assert not breaker.is_open(make_target("a/other"), now=NOON)


def test_what_people_have_changed_starts_anew(breaker):
    fail(breaker)

    assert not breaker.is_open(make_target("a/m", edition="another"), now=NOON)


def test_what_one_process_notes_another_learns(breaker):
    other = Breaker()
    fail(breaker)

    other.learn(breaker.take_notes().items())

    assert other.is_open(TARGET, now=NOON)
    assert other.take_notes() == {}  # it has nothing to tell that it was told
    assert breaker.take_notes() == {}

    other.succeeded(TARGET)
    breaker.learn(other.take_notes().items())
    assert not breaker.is_open(TARGET, now=NOON)


def test_failures_count_across_processes(breaker):
    other = Breaker()
    fail(breaker, times=FAILURES_TO_OPEN - 1)
    other.learn(breaker.take_notes().items())

    fail(other, times=1)

    assert other.is_open(TARGET, now=NOON)
