"""Budgets in the expiry calendar, and the notices of limits that are nearly used up."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.expiry import Window
from accounts.models import Notice, Topic
from accounts.services import reminders
from gateway.services.expiries import budgets
from tests.factories import make_limit
from usage.limits import alerts
from usage.limits.forecast import exhausted_at
from usage.limits.windows import window_of
from usage.models.limit_window import LimitWindow

pytestmark = pytest.mark.django_db
BEGINS = datetime(2026, 11, 1, tzinfo=UTC)
NOW = BEGINS + timedelta(days=10)
ENDS = datetime(2026, 12, 1, tzinfo=UTC)


def window(*, spent, amount=100):
    return LimitWindow(starts_at=BEGINS, ends_at=ENDS, spent=Decimal(spent), amount=Decimal(amount))


@pytest.mark.parametrize(
    ("spent", "after", "moment"),
    [
        (50, timedelta(days=10), BEGINS + timedelta(days=20)),
        (25, timedelta(days=10), None),
        (100, timedelta(days=10), BEGINS + timedelta(days=10)),
        (0, timedelta(days=10), None),
        ("0.000000000001", timedelta(days=10), None),
        (50, timedelta(days=1), None),
    ],
    ids=["in ten days", "it lasts", "spent already", "nothing spent", "a crumb", "too early"],
)
def test_a_budget_is_exhausted_at_its_pace_so_far(spent, after, moment):
    assert exhausted_at(window(spent=spent), now=BEGINS + after) == moment


def spend(limit, amount):
    running = window_of(limit.rule, NOW)
    running.spent = Decimal(amount)
    running.save()
    return running


def test_the_calendar_has_budgets_that_will_not_last(project):
    limit = make_limit(project, measure="usd_per_month", amount=100, name="Team")
    spend(limit, 50)
    spend(make_limit(project, measure="usd_per_day", amount=100), 1)
    spend(make_limit(project, measure="usd_per_week", amount=1, is_shadow=True), 5)

    [expiry] = budgets(Window(None, None, NOW, NOW + timedelta(days=366)))

    assert (expiry.name, expiry.about, expiry.project) == ("Team", limit.public_id, project)
    assert expiry.ends_at == BEGINS + timedelta(days=20)


def test_a_pace_that_changes_reminds_nobody_twice(project):
    limit = make_limit(project, measure="usd_per_month", amount=100, name="Team")

    for hour, spent in enumerate((50, 51, 53, 58)):
        LimitWindow.objects.filter(limit=limit.public_id).delete()
        spend(limit, spent)
        reminders.remind(now=NOW + timedelta(hours=hour))

    [notice] = Notice.objects.filter(topic=Topic.EXPIRY)
    assert notice.about == limit.public_id
    assert "within 30 days" in notice.message


def test_a_threshold_that_is_crossed_is_told_once(project):
    limit = make_limit(project, measure="usd_per_month", amount=100, name="Team")
    running = spend(limit, 85)

    for _ in range(2):
        alerts.tell(running, Decimal(85), at=NOW)

    notice = Notice.objects.get()
    assert (notice.topic, notice.about) == (Topic.LIMITS, limit.public_id)
    assert notice.message.startswith("80 % of the limit “Team”")
