"""The expiry calendar's page, and its feed for other calendars."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from accounts.models import AuditEvent, CalendarFeed, Role, Throttle
from tests.factories import make_key, make_member, make_secret

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def feed(project, owner, settings):
    """Give the address of an owner's feed."""
    settings.PORTAL_URL = "https://axiom.example.com"
    token = CalendarFeed.objects.rotate(owner, project, by=owner, now=NOW)
    return f"/expiry.ics?token={token}"


@pytest.mark.django_db
class TestFeed:
    def test_calendars_read_what_expires_with_reminders(self, client, project, feed):
        secret = make_secret(project, name="Key, with; signs", expires_at=datetime.now(UTC) + DAY)

        answer = client.get(feed)

        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        assert "no-store" in answer["Cache-Control"]
        (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
        assert event["summary"] == "Secret Key, with; signs ends"
        assert event["uid"] == f"{secret.public_id}@axiom.example.com"
        assert event["dtstart"].dt == secret.expires_at.date()
        assert secret.public_id in event["description"]
        triggers = sorted(alarm["trigger"].dt.days for alarm in event.walk("VALARM"))
        assert triggers == [-30, -7, -1]

    def test_the_token_is_nowhere(self, feed):
        token = feed.partition("token=")[2]
        stored = CalendarFeed.objects.get()

        assert token not in f"{vars(stored)} {[event.after for event in AuditEvent.objects.all()]}"
        assert token.startswith(stored.prefix)

    def test_a_new_address_closes_the_old_one(self, client, project, owner, feed):
        CalendarFeed.objects.rotate(owner, project, by=owner, now=NOW)

        assert client.get(feed).status_code == 403

    @pytest.mark.parametrize("end", ["revoked", "archived", "suspended", "left"])
    def test_authority_is_asked_for_again_when_it_is_read(self, client, project, staff, end):
        person = make_member(project, Role.VIEWER)
        token = CalendarFeed.objects.rotate(person, project, by=person, now=NOW)
        address = f"/expiry.ics?token={token}"
        assert client.get(address).status_code == 200

        {
            "revoked": lambda: CalendarFeed.objects.revoke(person, project, by=person),
            "archived": lambda: project.archive(by=staff),
            "suspended": lambda: person.suspend(by=staff),
            "left": lambda: project.memberships.get(user=person).remove(by=staff),
        }[end]()

        assert client.get(address).status_code == 403

    def test_guesses_are_counted(self, client):
        for _ in range(20):
            assert client.get("/expiry.ics?token=axc_guess").status_code == 403

        answer = client.get("/expiry.ics?token=axc_guess")

        assert (answer.status_code, "Retry-After" in answer) == (429, True)
        assert Throttle.objects.filter(scope="calendar feed").exists()


@pytest.mark.django_db
class TestPages:
    PAGE = "/admin/accounts/calendarfeed/"

    def browse(self, client, user):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_the_page_shows_groups_with_what_stops(self, client, project, viewer):
        now = datetime.now(UTC)
        make_secret(project, name="Over", expires_at=now - DAY)
        make_key(project, expires_at=now + 3 * DAY)

        page = self.browse(client, viewer).get(self.PAGE).content.decode()

        assert page.index("Overdue") < page.index("Over<") < page.index("This week")
        assert "Programs with it are refused." in page
        assert "Later" not in page

    def test_the_address_is_shown_once_and_can_be_closed(self, client, viewer):
        browser = self.browse(client, viewer)

        made = browser.post(f"{self.PAGE}feed/").content.decode()
        page = browser.get(self.PAGE).content.decode()

        feed = CalendarFeed.objects.get()
        assert f"/expiry.ics?token={feed.prefix}" in made
        assert "expiry.ics" not in page
        assert f"{feed.prefix}…" in page
        browser.post(f"{self.PAGE}feed/revoke/")
        assert not CalendarFeed.objects.exists()
