"""Alerts of limits: at 80 and 100 %, once each, and anew after a fall."""

from dataclasses import replace
from decimal import Decimal

import pytest

from accounts.models import Notice, Topic
from tests import factories
from tests.usage.lines import use
from tests.usage.test_limit_money import NOW, claim, report, reserve, settle, window
from usage.limits import money
from usage.models import LimitAlert

pytestmark = pytest.mark.django_db


def thresholds():
    return list(LimitAlert.objects.order_by("pk").values_list("threshold", flat=True))


@pytest.mark.parametrize(
    ("spendings", "told"),
    [
        (["7.99"], []),
        (["8"], [80]),
        (["8.50", "2"], [80, 100]),
        (["10.50"], [100]),
        (["1"] * 12, [80, 100]),
        (["10", "0.01", "5"], [100]),
    ],
)
@pytest.mark.parametrize("refusals", [0, 1])
def test_alerts_go_by_what_is_spent_and_come_once_each(rule, provider, spendings, told, refusals):
    """A call that was refused because others may fill the limit changes nothing."""
    others = claim(rule, cost=10)
    stops = reserve(others, *(claim(rule) for _ in range(refusals)))
    settle(provider, others, cost=Decimal(0))

    for cost in spendings:
        use(provider, at=NOW, cost=Decimal(cost))

    assert sum(stop is not None for stop in stops) == refusals
    assert thresholds() == told


def test_what_is_only_set_aside_reaches_no_limit(rule):
    reserve(*(claim(rule, cost=9) for _ in range(4)))

    assert window(rule).refused == 2
    assert thresholds() == []


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        (["11"], [100]),  # 91 % of it are spent: told already
        (["12"], [100]),  # 83 %: only the warning stands
        (["12", "10"], [100, 100]),
        (["20", "12"], [100, 80]),
        (["20", "12", "10"], [100, 80, 100]),
        (["13", "12"], [100]),  # 77 % is not well below the warning
    ],
)
def test_a_level_that_has_fallen_well_below_a_threshold_arms_it_anew(rule, provider, amounts, told):
    use(provider, at=NOW, cost=Decimal(10))
    reserve(claim(rule, cost=0))

    for amount in amounts:
        money.change(replace(rule, amount=Decimal(amount)), now=NOW)
        use(provider, at=NOW, cost=Decimal(0))

    assert thresholds() == told


def test_a_higher_amount_arms_alerts_anew(rule, provider):
    reserve(claim(rule, cost=0))
    use(provider, at=NOW, cost=Decimal(10))
    money.change(replace(rule, amount=Decimal(20)), now=NOW)

    use(provider, at=NOW, cost=Decimal(6))

    assert thresholds() == [100, 80]


@pytest.mark.parametrize("measure", ["usd_per_day", "concurrent"])
def test_a_shadow_limit_records_its_alerts_and_tells_nobody_until_it_is_a_real_one(
    project, provider, measure
):
    shadow = factories.make_limit(project, measure=measure, amount=10, is_shadow=True).rule
    report(shadow, 0)  # its day begins

    def fill():
        report(shadow, 100) if measure == "concurrent" else use(provider, at=NOW, cost=Decimal(10))

    fill()
    assert thresholds() == [100]
    assert not Notice.objects.filter(topic=Topic.LIMITS).exists()

    money.change(replace(shadow, is_shadow=False), now=NOW)
    fill()
    assert thresholds() == [100, 100]
    assert "is reached" in Notice.objects.get(topic=Topic.LIMITS).message


def test_a_rate_is_told_of_when_it_crosses_and_again_after_it_has_fallen(project):
    rate = factories.make_limit(project, measure="concurrent", amount=10).rule

    for peak in (50, 80, 90, 100, 95, 100, 60, 100):
        report(rate, peak)

    assert thresholds() == [80, 100, 100]
