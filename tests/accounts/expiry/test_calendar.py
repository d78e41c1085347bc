"""What stops by itself, from every source, and when people are reminded of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.expiry import Expiry, When, Window, registry, reminder_due, seen_by
from accounts.models import (
    KeyEncryptionKey,
    Notice,
    Topic,
)
from accounts.principal import Principal
from accounts.services import reminders
from gateway.services import cronjobs
from providers.models import ProjectRouting, ProviderModel, Secret
from tests.factories import (
    make_agent,
    make_cronjob,
    make_key,
    make_login,
    make_model,
    make_project,
    make_provider,
    make_secret,
)

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def ending(days):
    return Expiry("k", "Secret", "S", NOW + days * DAY, "It stops.", "admin:index")


@pytest.mark.parametrize(
    ("days", "when"),
    [
        (-3, When.OVERDUE),
        (0, When.OVERDUE),
        (1, When.THIS_WEEK),
        (7, When.THIS_WEEK),
        (8, When.THIS_MONTH),
        (30, When.THIS_MONTH),
        (31, When.LATER),
    ],
)
def test_the_calendar_is_grouped_by_how_near_it_is(days, when):
    assert ending(days).when(NOW) is when


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (31, None),
        (30, 30),
        (8, 30),
        (7, 7),
        (5, 7),
        (2, 7),
        (1, 1),
        (0.1, 1),
        (0, None),
        (-1, None),
    ],
)
def test_reminders_come_thirty_seven_and_one_days_before(days, due):
    assert reminder_due(NOW + days * DAY, now=NOW) == due


@given(st.floats(0.01, 400))
def test_each_reminder_that_is_announced_comes(days):
    expiry = ending(days)
    announced = expiry.next_reminder(NOW)

    if announced is None:
        assert reminder_due(expiry.ends_at, now=NOW) == 1
    else:
        assert reminder_due(expiry.ends_at, now=announced) in {30, 7, 1}


def entries(user, project):
    return {
        (each.what, each.name): each for each in seen_by(Principal(user, project), project, now=NOW)
    }


@pytest.mark.django_db
class TestSources:
    def test_secrets_say_which_providers_stop_and_stay_when_overdue(self, project, owner):
        secret = make_secret(project, name="Old key", expires_at=NOW - DAY)
        make_provider(project, name="OpenAI", secret=secret)

        entry = entries(owner, project)["Secret", "Old key"]

        assert entry.stops == "The vendor refuses it, and OpenAI can't be called."
        assert entry.url == reverse("admin:providers_secret_change", args=[secret.public_id])

    def test_keys_that_have_ended_or_were_revoked_are_nobodys_work(self, project, owner):
        make_key(project, expires_at=NOW + 3 * DAY)[0]
        revoked, _ = make_key(project, expires_at=NOW + 3 * DAY)
        revoked.revoke(by=owner, at=NOW)
        make_key(project, expires_at=NOW - DAY)

        assert list(entries(owner, project)) == [("API key", "script")]

    def test_logins_that_nothing_renews_end_and_refused_ones_are_overdue(self, project, owner):
        one, other = (make_provider(project, name=name, kind="xai") for name in ("One", "Other"))
        make_login(one, expires_at=NOW + 5 * DAY)
        one.login.can_renew = False
        one.login.save()
        make_login(other)
        other.login.refuse("invalid_grant", now=NOW - DAY)

        found = entries(owner, project)

        assert found["Login", "One"].ends_at == NOW + 5 * DAY
        assert found["Login", "Other"].when(NOW) is When.OVERDUE

    def test_models_say_everything_that_stands_on_them(self, project, owner):
        provider = make_provider(project, name="Main", models=("m1", "unused"))
        ProviderModel.objects.update(deprecated_on=(NOW + 20 * DAY).date())
        model = provider.models.get(upstream_id="m1")
        ProjectRouting.objects.create(project=project, active_model=model)
        make_agent(project, name="Coder", routing="pinned", pinned_model=model)
        make_model(project, model, slug="fast")
        make_cronjob(project, name="Digest", pinned_model=model)
        stopped = make_cronjob(project, name="Stopped", pinned_model=model)
        cronjobs.pause(stopped, by=None)

        found = entries(owner, project)

        assert [name for what, name in found if what == "Model"] == [str(model)]
        stops = found["Model", str(model)].stops
        for word in ("“default”", "agent Coder", "model fast", "cronjob Digest"):
            assert word in stops
        assert "Stopped" not in stops

    def test_the_root_keys_age_is_for_staff_who_look_at_everything(self, project, owner, staff):
        make_secret(project)
        KeyEncryptionKey.objects.update(created_at=NOW - 360 * DAY)

        everything = seen_by(Principal(staff), None, now=NOW)

        assert [each.what for each in everything] == ["Root key"]
        assert everything[0].ends_at == NOW + 5 * DAY
        assert entries(owner, project) == entries(staff, project) == {}

    def test_strangers_and_keys_see_their_own_alone(self, project, stranger):
        make_secret(project, expires_at=NOW + DAY)

        assert seen_by(Principal(stranger), None, now=NOW) == ()

    def test_it_costs_the_same_however_much_expires(
        self, project, owner, django_assert_max_num_queries
    ):
        for number in range(5):
            secret = make_secret(project, expires_at=NOW + DAY)
            provider = make_provider(project, secret=secret)
            provider.models.update(deprecated_on=NOW.date())
            make_key(project, expires_at=NOW + DAY)
            make_agent(project, routing="pinned", pinned_model=provider.models.get())
            make_model(project, provider.models.get(), slug=f"fast-{number}")
            make_cronjob(project, name=f"Job {number}", pinned_model=provider.models.get())

        with django_assert_max_num_queries(13):
            assert len(seen_by(Principal(owner, project), project, now=NOW)) == 15

    def test_a_higher_floor_adds_its_own_source(self, monkeypatch, project, owner):
        monkeypatch.setattr(registry, "sources", list(registry.sources))
        registry.register(lambda window: [ending(1)] if window.rows else [])

        assert ("Secret", "S") in entries(owner, project)


@pytest.mark.django_db
class TestReminders:
    def test_each_threshold_is_told_once(self, project):
        make_secret(project, name="OpenAI key", expires_at=NOW + 40 * DAY)

        for day in range(45):
            for _ in range(2):
                reminders.remind(now=NOW + day * DAY)

        told = list(Notice.objects.order_by("at").values_list("message", flat=True))
        assert len(told) == 3
        assert told[0].startswith("Secret OpenAI key ends on 2026-12-30, within 30 days.")
        assert "within a day" in told[2]
        assert {row.topic for row in Notice.objects.all()} == {Topic.EXPIRY}

    def test_another_date_is_told_anew(self, project):
        secret = make_secret(project, expires_at=NOW + 5 * DAY)
        reminders.remind(now=NOW)
        Secret.objects.filter(pk=secret.pk).update(expires_at=NOW + 6 * DAY)

        reminders.remind(now=NOW)

        assert Notice.objects.count() == 2

    def test_archived_projects_are_left_in_peace_and_the_instance_is_not(self, project):
        make_secret(project, expires_at=NOW + DAY)
        project.archive(by=None)
        make_secret(make_project(), name="Shared", expires_at=NOW + DAY)
        Secret.objects.filter(name="Shared").update(project=None)

        reminders.remind(now=NOW)

        assert [row.project for row in Notice.objects.all()] == [None]

    def test_a_window_of_nobody_sees_every_project(self, project):
        for each in (project, make_project()):
            make_secret(each, expires_at=NOW + DAY)

        assert len(registry.look(Window(None, None, NOW, NOW + 30 * DAY))) == 2
