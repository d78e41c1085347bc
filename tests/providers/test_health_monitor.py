"""The health monitor's decisions: one pure function over state, observation and settings."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.health import (
    GRAVEST_FIRST,
    Event,
    Health,
    Mode,
    Rules,
    Sight,
    State,
    Trigger,
    next_due,
    step,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
UP, SLOW, DOWN = Health.REACHABLE, Health.DEGRADED, Health.UNREACHABLE
SWITCHES = {Event.TO_FALLBACK, Event.BACK_TO_PRIMARY}

healths = st.sampled_from(list(Health))
rules_of = st.builds(Rules, st.sampled_from(Trigger), st.integers(1, 4), st.integers(1, 4))
sights = st.builds(Sight, st.booleans(), healths, st.none() | healths)


def run(seen, rules=Rules(), state=State()):  # noqa: B008 - both are frozen
    """Walk through observations of the primary, or of what `seen` says; keep every step."""
    steps = []
    for sight in seen:
        told = step(state, sight, rules, now=NOW)
        steps.append((state, sight, told))
        state = told.state
    return steps


def primary(*healths, fallback=UP):
    return [Sight(True, health, fallback) for health in healths]


def events(seen, rules=Rules(), state=State()):  # noqa: B008 - both are frozen
    return [event for _, _, told in run(seen, rules, state) for event in told.events]


def last(seen, rules=Rules(), state=State()):  # noqa: B008 - both are frozen
    return run(seen, rules, state)[-1][2].state


def test_the_first_failure_switches_and_three_healthy_checks_return():
    story = events(primary(UP, DOWN, UP, UP, UP))

    assert story == [Event.TO_FALLBACK, Event.HEALTHY_TO_DOWN, Event.BACK_TO_PRIMARY]


@pytest.mark.parametrize("health", [Health.INVALID_KEY, Health.RATE_LIMITED, Health.UNREACHABLE])
def test_each_way_of_being_down_is_a_failure(health):
    assert last(primary(health)).mode is Mode.FALLBACK


@pytest.mark.parametrize(
    ("trigger", "mode"), [(Trigger.DOWN, Mode.NORMAL), (Trigger.DEGRADED, Mode.FALLBACK)]
)
def test_degraded_is_a_failure_where_the_trigger_says_so(trigger, mode):
    assert last(primary(SLOW), Rules(trigger)).mode is mode


def test_a_success_between_failures_begins_the_count_anew():
    rules = Rules(failures_before_fallback=3)

    assert last(primary(DOWN, DOWN, UP, DOWN, DOWN), rules).mode is Mode.NORMAL
    assert last(primary(DOWN, DOWN, UP, DOWN, DOWN, DOWN), rules).mode is Mode.FALLBACK


@pytest.mark.parametrize("health", [SLOW, DOWN])
def test_a_flapping_primary_does_not_come_back(health):
    fallen = State(Mode.FALLBACK)

    assert last(primary(UP, UP, health, UP, UP), state=fallen) == State(
        Mode.FALLBACK, successes=2, seen=UP
    )


@pytest.mark.parametrize(
    ("fallback", "said"), [(None, Event.NO_FALLBACK), (DOWN, Event.FALLBACK_DOWN)]
)
def test_without_a_usable_fallback_it_stays_and_says_so_once(fallback, said):
    seen = primary(UP, DOWN, DOWN, DOWN, fallback=fallback)

    assert events(seen) == [said, Event.HEALTHY_TO_DOWN]
    assert last(seen).mode is Mode.NORMAL


def test_what_was_said_once_is_said_again_after_a_recovery():
    said = events(primary(DOWN, UP, DOWN, fallback=None))

    assert said.count(Event.NO_FALLBACK) == 2


def test_a_fallback_that_comes_up_is_taken_when_it_is_seen():
    stuck = last(primary(DOWN, fallback=DOWN))

    told = step(stuck, Sight(False, UP, UP), Rules(), now=NOW)

    assert told.state.mode is Mode.FALLBACK
    assert told.events == (Event.TO_FALLBACK,)


def test_a_fallback_that_goes_down_is_no_failure_of_the_primary():
    told = step(State(seen=UP), Sight(False, DOWN, DOWN), Rules(), now=NOW)

    assert told == step(State(seen=UP), Sight(False, UP, UP), Rules(), now=NOW)
    assert told.events == ()


def test_nothing_was_seen_where_the_health_is_unknown():
    counting = State(failures=1, seen=DOWN)

    assert step(counting, Sight(True, Health.UNKNOWN, UP), Rules(), now=NOW).state == counting


def test_a_fallback_mode_whose_fallback_was_removed_is_none():
    told = step(State(Mode.FALLBACK, successes=2), Sight(True, UP, None), Rules(), now=NOW)

    assert (told.state.mode, told.state.successes, told.events) == (Mode.NORMAL, 0, ())


@given(st.lists(sights, max_size=40), rules_of)
def test_counters_are_never_negative_and_never_reach_their_limit_unheard(seen, rules):
    for _, sight, told in run(seen, rules):
        state = told.state
        assert state.failures >= 0
        assert 0 <= state.successes < rules.successes_before_recovery
        could_switch = sight.fallback is not None and not sight.fallback.is_down
        if could_switch and sight.health is not Health.UNKNOWN and state.mode is Mode.NORMAL:
            assert state.failures < rules.failures_before_fallback


@given(st.lists(sights, max_size=40), rules_of)
def test_a_transition_is_told_once_and_only_when_it_happens(seen, rules):
    for before, sight, told in run(seen, rules):
        left_alone = before.mode is Mode.FALLBACK and sight.fallback is None
        has_switched = before.mode is not told.state.mode and not left_alone
        assert len(SWITCHES & {*told.events}) == has_switched
        assert len({*told.events}) == len(told.events)


@given(st.lists(sights, max_size=40), rules_of)
def test_switches_alternate(seen, rules):
    with_fallback = [Sight(one.is_of_primary, one.health, one.fallback or UP) for one in seen]
    switches = [event for event in events(with_fallback, rules) if event in SWITCHES]

    assert switches[::2] == [Event.TO_FALLBACK] * len(switches[::2])
    assert switches[1::2] == [Event.BACK_TO_PRIMARY] * len(switches[1::2])


@given(st.lists(sights, max_size=40), rules_of)
def test_it_returns_only_after_enough_healthy_checks_in_a_row(seen, rules):
    steps = run(seen, rules)
    for number, (_, _, told) in enumerate(steps):
        if Event.BACK_TO_PRIMARY not in told.events:
            continue
        looked = [sight.health for _, sight, _ in steps[: number + 1] if sight.is_of_primary]
        known = [health for health in looked if health is not Health.UNKNOWN]
        assert known[-rules.successes_before_recovery :] == [UP] * rules.successes_before_recovery


@given(st.lists(sights, max_size=40), rules_of)
def test_no_usable_fallback_means_no_switch_and_one_notice_for_each_reason(seen, rules):
    unusable = [
        Sight(one.is_of_primary, one.health, DOWN if one.fallback else None) for one in seen
    ]

    for before, _, told in run(unusable, rules):
        assert told.state.mode is Mode.NORMAL
        said = {*told.events} & {Event.NO_FALLBACK, Event.FALLBACK_DOWN}
        assert len(said) <= 1
        assert before.stuck not in said


@given(st.integers(0, 10**6), st.integers(6, 86_400), st.integers(-(10**5), 10**6))
def test_checks_stay_on_their_grid_and_are_made_up_for_once(start_s, interval_s, late_s):
    due, interval = NOW + timedelta(seconds=start_s), timedelta(seconds=interval_s)
    now = due + timedelta(seconds=late_s)

    following = next_due(due, interval, now=now)

    assert (following - due) % interval == timedelta(0)
    assert following > now
    assert following - max(now, due) <= interval


@given(st.lists(sights, max_size=40), rules_of)
def test_whatever_may_happen_has_its_gravity_and_a_step_tells_the_gravest_first(seen, rules):
    for _, _, told in run(seen, rules):
        assert list(told.events) == sorted(told.events, key=GRAVEST_FIRST.index)
