from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Throttle
from accounts.refusals import QuotaExceeded

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def take(who="ada", now=NOON):
    Throttle.objects.take("door", who, limit=2, per=HOUR, now=now)


def test_one_try_too_many_is_refused_until_the_window_ends():
    take()
    take()

    with pytest.raises(QuotaExceeded) as refused:
        take(now=NOON + timedelta(minutes=50))

    assert refused.value.retry_after_s == 600
    take(now=NOON + HOUR)


def test_others_have_tries_of_their_own():
    take()
    take()

    take("bob")


def test_old_windows_are_forgotten_and_nobody_is_named():
    take()
    take("bob", now=NOON + HOUR)

    assert Throttle.objects.count() == 1
    assert "bob" not in str(Throttle.objects.values())
