"""What expires, as scripts read it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import API
from tests.factories import make_key, make_limit, make_secret

pytestmark = pytest.mark.django_db


def test_what_expires_is_told_with_what_stops_then(here):
    moment = timezone.now() + timedelta(days=10)
    secret = make_secret(here.project, name="House key", expires_at=moment)

    told = here.script().get(f"{API}/expiries").json()["data"]

    [one] = [row for row in told if row["about"] == secret.public_id]
    assert (one["name"], one["when"], one["projectId"]) == (
        "House key",
        "this month",
        here.project.public_id,
    )
    assert one["stops"]
    reminded = timezone.datetime.fromisoformat(one["nextReminderAt"])
    assert abs(moment - timedelta(days=7) - reminded) < timedelta(seconds=1)


def test_what_is_over_is_reminded_of_no_more(here):
    secret = make_secret(
        here.project, name="Old key", expires_at=timezone.now() - timedelta(days=1)
    )
    make_key(here.project, expires_at=timezone.now() + timedelta(days=400))
    make_limit(here.project, measure="usd_per_month", amount=5)

    told = here.script().get(f"{API}/expiries").json()["data"]

    assert [(row["about"], row["when"], row["nextReminderAt"]) for row in told] == [
        (secret.public_id, "overdue", None)
    ]
