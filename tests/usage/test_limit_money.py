"""Money under limits: set aside, settled by the ledger, given back, told of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from foundation.ids import new_id
from tests import factories
from tests.usage.lines import use
from tests.usage.test_usage_ledger import make_entry
from usage.limits import money, noting
from usage.limits.rules import Claim
from usage.models import LimitReservation, LimitWindow, UsageRecord

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DOLLAR = Decimal(1)


@pytest.fixture
def project():
    return factories.make_project("Aurora")


def claim(*rules, cost=DOLLAR, at=NOW):
    return Claim(new_id("req"), rules, at, cost=Decimal(cost))


def reserve(*claims):
    return money.reserve(claims, now=NOW)


def window(rule, at=NOW):
    return LimitWindow.objects.get(limit=rule.id, starts_at=at.replace(hour=0))


def test_calls_are_admitted_until_what_is_set_aside_fills_the_limit(rule):
    stops = reserve(*(claim(rule, cost=4) for _ in range(5)))

    assert [stop is None for stop in stops] == [True, True, True, False, False]
    assert window(rule).reserved == 12
    assert window(rule).refused == 2
    assert stops[3].wait_s == 5  # others may cost less than they may


def test_a_line_of_the_ledger_settles_what_its_call_set_aside(rule, provider):
    asked = claim(rule, cost=4)
    reserve(asked)

    settle(provider, asked, cost=Decimal("0.25"))

    assert (window(rule).spent, window(rule).reserved) == (Decimal("0.25"), 0)
    assert not LimitReservation.objects.exists()


def test_a_line_that_is_written_twice_counts_once(rule, provider):
    asked = claim(rule)
    reserve(asked)

    settle(provider, asked, cost=DOLLAR)
    settle(provider, asked, cost=DOLLAR)

    assert (window(rule).spent, window(rule).reserved) == (1, 0)


def test_money_that_is_spent_is_waited_for_until_the_window_ends(rule, provider):
    use(provider, at=NOW, cost=Decimal(10))

    [stop] = reserve(claim(rule))

    assert stop.wait_s == timedelta(hours=12).total_seconds()


def test_the_strictest_of_several_limits_wins_and_all_of_them_or_none_are_claimed(project, rule):
    week = factories.make_limit(project, measure="usd_per_week", amount=3).rule

    stops = reserve(*(claim(rule, week, cost=2) for _ in range(3)))

    assert [stop and stop.rule.id for stop in stops] == [None, None, week.id]
    assert window(rule).reserved == 4
    assert window(rule).refused == 0


def test_calls_that_set_nothing_aside_count_too(rule, provider):
    use(provider, at=NOW, cost=Decimal(3))

    reserve(claim(rule))

    assert window(rule).spent == 3


def test_a_new_limit_counts_what_its_window_had_before(project, provider):
    key, agent = "key_ownkey0123456789", "agt_0123456789abcdef"
    use(provider, at=NOW, cost=Decimal(2), key=key)
    use(provider, at=NOW - timedelta(hours=11), cost=Decimal(1), agent=agent)
    use(provider, at=NOW - timedelta(days=1), cost=Decimal(5))
    made = factories.make_limit(project, measure="usd_per_day", amount=10).rule

    for subject, spent in ((project.public_id, 3), (key, 2), (agent, 1)):
        asked = replace(made, id=new_id("lim"), subject=subject)
        reserve(claim(asked))
        assert window(asked).spent == spent


def test_a_call_of_another_agent_does_not_count(project, provider, rule):
    agent, _ = factories.make_agent(project)
    own = factories.make_limit(agent, measure="usd_per_day", amount=1).rule
    reserve(claim(own, rule), claim(rule))

    use(provider, at=NOW, cost=DOLLAR, agent=agent.public_id)
    use(provider, at=NOW, cost=DOLLAR, agent="agt_0123456789abcdef")

    assert window(own).spent == 1
    assert window(rule).spent == 2


def test_a_call_whose_cost_is_unknown_costs_what_was_set_aside_and_is_flagged(rule, provider):
    asked = claim(rule, cost=2)
    reserve(asked)

    settle(provider, asked, cost=None)

    assert (window(rule).spent, window(rule).unpriced) == (2, 1)


def test_what_a_killed_gateway_had_set_aside_is_given_back(rule, provider):
    lost, kept = claim(rule, cost=4), claim(rule, cost=3)
    money.reserve([lost], now=NOW - money.EXPIRES_AFTER - timedelta(seconds=1))
    reserve(kept)

    assert money.expire(now=NOW) == 1
    assert window(rule).reserved == 3

    settle(provider, lost, cost=Decimal(4))  # its journal was found at last
    assert (window(rule).spent, window(rule).reserved) == (4, 3)
    assert money.expire(now=NOW) == 0


def test_a_shadow_limit_refuses_nothing_and_says_what_it_would_have(project):
    shadow = factories.make_limit(project, measure="usd_per_day", amount=1, is_shadow=True).rule

    stops = reserve(*(claim(shadow) for _ in range(3)))

    assert stops == [None, None, None]
    assert (window(shadow).would_refuse, window(shadow).refused) == (2, 0)
    assert window(shadow).reserved == 3


def test_a_new_window_begins_with_nothing_used(rule):
    reserve(claim(rule, cost=10))

    [stop] = reserve(claim(rule, at=NOW + timedelta(days=1)))

    assert stop is None


def test_a_changed_amount_holds_at_once_whatever_the_gateway_has_read(rule):
    reserve(claim(rule, cost=5))
    money.change(replace(rule, amount=Decimal(4)), now=NOW)

    [stop] = reserve(claim(rule))

    assert stop.rule.amount == 4


def settle(provider, asked, *, cost):
    project = provider.project
    entry = make_entry(
        asked.request_id,
        project_id=project.pk,
        project=project.public_id,
        started_at=asked.at,
        cost=cost,
    )
    UsageRecord.objects.append([entry])


def report(rule, peak, **counts):
    noting.note([noting.Note(rule, peak=Decimal(peak), **counts)], now=NOW)


def test_reports_of_rates_add_up_in_the_day(project):
    rate = factories.make_limit(project, measure="requests_per_minute", amount=10).rule

    report(rate, 40, refused=2)
    report(rate, 40, refused=1, would_refuse=4)

    assert (window(rate).refused, window(rate).would_refuse) == (3, 4)


def test_a_line_of_the_ledger_counts_for_no_rate(project, provider):
    rate = factories.make_limit(project, measure="requests_per_minute", amount=10).rule
    report(rate, 1)

    use(provider, at=NOW, cost=DOLLAR)

    assert window(rate).spent == 0
