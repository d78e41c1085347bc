"""Charts: drawn from stored rows, in shapes and in words, with a constant number of queries."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.principal import Principal
from providers.models import HealthCheck, Provider
from providers.panels import drawing
from providers.panels.charts import charts_of
from providers.panels.periods import SPANS
from tests.factories import make_project, make_provider
from tests.usage.lines import use

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main")


def seen(provider, state, *, latency_ms=None, age=timedelta(0)):
    HealthCheck.objects.create(
        provider=provider, state=state, latency_ms=latency_ms, checked_at=NOW - age
    )


def used(provider, *, cost="0.25", status=200, age=timedelta(0), project=None):
    use(
        provider,
        project=project,
        status=status,
        cost=None if cost is None else Decimal(cost),
        at=NOW - age,
    )


def drawn(provider, who, span="day"):
    charts = charts_of(provider, Principal.of(who), span=span, now=NOW)
    return charts, {chart.slug: chart for chart in charts.charts}


def test_without_rows_each_chart_says_so_in_words(provider, viewer):
    _, charts = drawn(provider, viewer)

    assert charts["latency"].summary == "No checks in this time."
    assert charts["requests"].summary == charts["cost"].summary == "No requests in this time."
    assert all(chart.is_empty for chart in charts.values())


def test_checks_become_a_line_a_strip_of_the_worst_and_a_table(provider, viewer):
    seen(provider, "reachable", latency_ms=400)
    seen(provider, "reachable", latency_ms=600)
    seen(provider, "reachable", latency_ms=800, age=timedelta(hours=1))
    seen(provider, "unreachable", age=timedelta(hours=1))

    _, charts = drawn(provider, viewer)

    chart = charts["latency"]
    assert chart.summary == "4 checks, 3 answered, 600 ms on average."
    assert [bar.tone for bar in chart.strip] == ["unreachable", "reachable"]
    assert len(chart.lines) == 1
    assert chart.rows == [
        ("Nov 20, 13:00", "2", "Unreachable", "800 ms"),
        ("Nov 20, 14:00", "2", "Reachable", "500 ms"),
    ]


def test_requests_and_cost_come_from_the_ledger(provider, viewer):
    used(provider)
    used(provider, cost="0.5", status=502)
    used(provider, cost=None, age=timedelta(hours=3))
    used(provider, age=timedelta(hours=30))

    _, charts = drawn(provider, viewer)

    assert charts["requests"].summary == "3 requests, 1 failed."
    assert charts["cost"].summary == "$0.75 in all."
    assert charts["cost"].rows[0] == ("Nov 20, 11:00", "—")
    assert [bar.tone for bar in charts["requests"].bars] == ["", "", "failed"]


def test_unpriced_requests_are_not_taken_for_free(provider, viewer):
    used(provider, cost=None)

    _, charts = drawn(provider, viewer)

    assert charts["cost"].summary == "None of these requests had a known price."


def test_other_projects_requests_stay_theirs_at_a_shared_provider(viewer, project):
    shared = Provider.objects.create(project=None, name="For all", kind="openai")
    used(shared, project=make_project())
    used(shared, project=project)

    _, charts = drawn(shared, viewer)

    assert charts["requests"].summary == "1 request, 0 failed."


@pytest.mark.parametrize(("span", "steps"), [("day", 24), ("week", 28), ("month", 30)])
def test_each_span_ends_with_the_step_that_is_now(provider, viewer, span, steps):
    seen(provider, "reachable", latency_ms=1)

    charts, drawings = drawn(provider, viewer, span)

    period = SPANS[span].until(NOW)
    assert period.steps == steps
    assert period.step_of(NOW) == steps - 1
    assert period.step_of(period.end) is None
    assert drawings["latency"].rows[0][0] == charts.last


def test_an_unknown_span_is_the_shortest(provider, viewer):
    charts, _ = drawn(provider, viewer, "century")

    assert charts.span.slug == "day"


def test_it_costs_the_same_with_many_rows(provider, viewer):
    who = Principal.of(viewer)
    with CaptureQueriesContext(connection) as few:
        charts_of(provider, who, span="month", now=NOW)
    for number in range(40):
        seen(provider, "reachable", latency_ms=number, age=timedelta(hours=number))
        used(provider, age=timedelta(hours=number))

    with CaptureQueriesContext(connection) as many:
        charts_of(provider, who, span="month", now=NOW)

    assert len(many) == len(few) == 2


@pytest.mark.parametrize(
    ("values", "top"),
    [([], 1), ([0], 1), ([3], 5), ([1000], 1000), ([1001], 2000), ([0.0003], 0.0005)],
)
def test_a_scale_holds_every_value(values, top):
    assert drawing.top_of(values) == pytest.approx(top)


def test_a_step_without_a_value_breaks_the_line():
    assert len(drawing.lines([1, 2, None, 3, 4, None, 5], top=5)) == 2
