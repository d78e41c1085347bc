"""The calendar as other calendars read it, by RFC 5545; the only importer of its library."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from accounts.expiry.vocabulary import REMINDED, Expiry


def written(
    expiries: Iterable[Expiry], *, name: str, host: str, portal: str, now: datetime
) -> bytes:
    """Write what expires as whole days, each with its reminders; the same thing keeps its UID."""
    calendar = Calendar()
    calendar.add("prodid", "-//Axiom//Expiry calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"value": "DURATION"})
    for expiry in expiries:
        calendar.add_component(_event(expiry, host=host, portal=portal, now=now))
    body: bytes = calendar.to_ical()
    return body


def _event(expiry: Expiry, *, host: str, portal: str, now: datetime) -> Event:
    event, day = Event(), expiry.ends_at.astimezone(UTC).date()
    event.add("uid", f"{expiry.key.replace(' ', '-')}@{host}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", f"{expiry.what} {expiry.name} ends")
    event.add("description", f"{expiry.stops}\n{portal}{expiry.url}")
    event.add("url", f"{portal}{expiry.url}")
    event.add("transp", "TRANSPARENT")
    for days in REMINDED:
        event.add_component(_alarm(expiry, days))
    return event


def _alarm(expiry: Expiry, days: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"{expiry.what} {expiry.name} ends")
    alarm.add("trigger", timedelta(days=-days))
    return alarm
