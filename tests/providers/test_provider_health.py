"""What one check says of a provider: pure rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.health import Health, classify
from providers.kinds.vocabulary import ErrorClass, Outcome


def outcome(status=None, *, latency_ms=100, error_class=None, ok=False):
    return Outcome(ok, latency_ms, error_class, "What happened.", status)


def health_of(seen, threshold_ms=5000):
    return classify(seen, degraded_threshold_ms=threshold_ms).health


@pytest.mark.parametrize(
    ("latency_ms", "health"),
    [
        (0, Health.REACHABLE),
        (5000, Health.REACHABLE),
        (5001, Health.DEGRADED),
        (60_000, Health.DEGRADED),
        (None, Health.REACHABLE),
    ],
)
def test_an_answer_is_degraded_strictly_over_the_threshold(latency_ms, health):
    assert health_of(outcome(200, latency_ms=latency_ms, ok=True)) is health


@pytest.mark.parametrize(
    ("status", "error_class", "health"),
    [
        (401, ErrorClass.INVALID_KEY, Health.INVALID_KEY),
        (403, ErrorClass.NOT_FOUND, Health.INVALID_KEY),
        (400, ErrorClass.INVALID_KEY, Health.INVALID_KEY),
        (429, ErrorClass.RATE_LIMITED, Health.RATE_LIMITED),
        (404, ErrorClass.NOT_FOUND, Health.UNREACHABLE),
        (500, ErrorClass.PROVIDER_ERROR, Health.UNREACHABLE),
        (200, ErrorClass.PROVIDER_ERROR, Health.UNREACHABLE),
        (None, ErrorClass.TIMEOUT, Health.UNREACHABLE),
        (None, ErrorClass.UNREACHABLE, Health.UNREACHABLE),
        (None, ErrorClass.BLOCKED, Health.UNREACHABLE),
        (None, ErrorClass.INVALID_KEY, Health.INVALID_KEY),
    ],
)
def test_each_failure_has_its_state(status, error_class, health):
    assert health_of(outcome(status, error_class=error_class)) is health


def test_invalid_key_rate_limited_and_unreachable_count_as_down_and_no_other():
    down = {health for health in Health if health.is_down}

    assert down == {Health.INVALID_KEY, Health.RATE_LIMITED, Health.UNREACHABLE}


def test_the_reason_of_a_slow_answer_is_how_long_it_took():
    slow = classify(outcome(200, latency_ms=6210, ok=True), degraded_threshold_ms=5000)
    refused = classify(outcome(500, error_class=ErrorClass.PROVIDER_ERROR), degraded_threshold_ms=1)
    well = classify(outcome(200, ok=True), degraded_threshold_ms=5000)

    assert (slow.reason, refused.reason, well.reason) == ("6.2 s", "What happened.", "")


@given(
    status=st.none() | st.integers(100, 599),
    latency_ms=st.none() | st.integers(0, 100_000),
    error_class=st.none() | st.sampled_from(list(ErrorClass)),
    ok=st.booleans(),
    threshold_ms=st.integers(1, 60_000),
)
def test_every_outcome_has_exactly_one_state_and_it_is_never_unknown(
    status, latency_ms, error_class, ok, threshold_ms
):
    seen = outcome(status, latency_ms=latency_ms, error_class=error_class, ok=ok)

    health = health_of(seen, threshold_ms)

    assert health is not Health.UNKNOWN
    assert health.is_down is not ok
