"""Times in the query of a list: any offset that ISO 8601 knows, told to the database in UTC."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from accounts.api.filters import MomentField


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-20T09:30:00Z", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("2026-11-20T09:30:00+02:00", datetime(2026, 11, 20, 7, 30, tzinfo=UTC)),
        ("0097-11-28T21:45:03-18:11", datetime(97, 11, 29, 15, 56, 3, tzinfo=UTC)),
    ],
)
def test_a_time_is_told_in_utc(typed, meant):
    moment = MomentField().clean(typed)

    assert (moment, moment.utcoffset()) == (meant, meant.utcoffset())


@pytest.mark.parametrize(
    "typed", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:00:00-10:00", "yesterday", "2026-13-01"]
)
def test_a_time_that_nobody_can_keep_is_refused(typed):
    with pytest.raises(ValidationError):
        MomentField().clean(typed)
