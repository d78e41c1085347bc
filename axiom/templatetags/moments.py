"""Times as people read them: relative in the text, exact on hover."""

from datetime import datetime, timedelta

from django.template import Library
from django.utils import timezone
from django.utils.timesince import timesince

register = Library()

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@register.filter
def ago(moment: datetime | None) -> str:
    """Say how long ago something was, in one unit: `just now`, `yesterday`, `3 weeks ago`."""
    if moment is None:
        return "never"
    age = timezone.now() - moment
    if -_MINUTE < age < timedelta(0):
        return "in a moment"
    if age < timedelta(0):
        return f"in {_one_unit(timezone.now(), moment)}"
    if age < _MINUTE:
        return "just now"
    if _DAY <= age < 2 * _DAY:
        return "yesterday"
    return f"{_one_unit(moment, timezone.now())} ago"


@register.filter
def lasting(since: datetime | None) -> str:
    """Say for how long something has been so: `12 minutes`."""
    if since is None:
        return ""
    if timezone.now() - since < _MINUTE:
        return "less than a minute"
    return _one_unit(since, timezone.now())


@register.filter
def exactly(moment: datetime | None) -> str:
    """Give the moment itself, for a title: `2026-11-20 11:05:09 UTC`."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z") if moment else ""


def _one_unit(earlier: datetime, later: datetime) -> str:
    return timesince(earlier, later, depth=1).replace("\xa0", " ")
