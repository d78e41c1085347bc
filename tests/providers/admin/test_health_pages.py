"""Health on pages: who sees it, who sets a check going, and that no render calls out."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from providers import tasks
from providers.models import HealthCheck, ProbeDay, ProjectRouting, Provider, Status
from providers.services import game_days, routing
from tests.factories import make_catalog_entry, make_provider
from tests.providers.admin.addresses import HTMX, provider_url, text_of

pytestmark = pytest.mark.django_db

FRESHEN_LIST = reverse("admin:providers_provider_freshen_list")
FRESHENED = reverse("admin:providers_provider_freshened")


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main")


@pytest.fixture
def queued(monkeypatch, django_capture_on_commit_callbacks):
    """Run what is done on commit, and tell which providers were handed to the worker."""
    handed = []
    monkeypatch.setattr(
        tasks.check_provider,
        "apply_async",
        lambda **options: handed.append(options["kwargs"]["provider_id"]),
    )

    def during(act):
        handed.clear()
        with django_capture_on_commit_callbacks(execute=True):
            answer = act()
        return answer, list(handed)

    return during


def checked(provider, *, age_s):
    at = timezone.now() - timedelta(seconds=age_s)
    Provider.objects.filter(pk=provider.pk).update(
        health_checked_at=at, health="reachable", health_since=at
    )


def test_check_now_hands_one_check_to_the_worker_and_the_card_follows(
    browse, editor, provider, queued
):
    browser, where = browse(editor), provider_url("check", provider)

    answer, handed = queued(lambda: browser.post(where, headers=HTMX))
    again, more = queued(lambda: browser.post(where, headers=HTMX))

    assert handed == [provider.pk]
    assert more == []
    assert "Checking…" in text_of(answer)
    assert provider_url("health", provider) in answer.content.decode()
    assert "Checking…" in text_of(again)


def test_the_card_waits_quietly_and_then_tells_what_was_seen(browse, viewer, provider):
    browser, where = browse(viewer), provider_url("health", provider)
    Provider.objects.update(health_asked_at=timezone.now())
    waiting = browser.get(where, headers=HTMX)

    HealthCheck.objects.create(
        provider=provider, checked_at=timezone.now(), state="degraded", latency_ms=6210
    )
    Provider.objects.update(
        health_checked_at=timezone.now(),
        health="degraded",
        health_reason="6.2 s",
        health_since=timezone.now(),
    )
    answer = browser.get(where, headers=HTMX)

    assert waiting.status_code == 204
    said = text_of(answer)
    assert "Degraded" in said
    assert "The last answer took 6.2 s." in said
    assert "6,210 ms" in said
    assert "axiom:changed" in answer.headers["HX-Trigger"]


def test_opening_the_page_asks_for_a_check_only_where_the_last_is_over_a_minute_old(
    browse, viewer, provider, queued
):
    browser, where = browse(viewer), provider_url("freshen", provider)

    checked(provider, age_s=30)
    fresh, none = queued(lambda: browser.post(where, headers=HTMX))
    shown_fresh = browser.get(provider_url("detail", provider)).content.decode()
    checked(provider, age_s=90)
    shown_stale = browser.get(provider_url("detail", provider)).content.decode()
    stale, one = queued(lambda: browser.post(where, headers=HTMX))

    assert (fresh.status_code, none) == (204, [])
    assert where not in shown_fresh
    assert where in shown_stale
    assert "Checking…" in text_of(stale)
    assert one == [provider.pk]


def test_showing_a_page_queues_nothing(browse, viewer, provider, queued):
    browser = browse(viewer)

    for page in (provider_url("detail", provider), provider_url("changelist")):
        _, handed = queued(lambda page=page: browser.get(page))
        assert handed == []


def test_the_list_has_stale_active_providers_of_the_project_checked_and_no_others(
    browse, viewer, stranger, project, provider, queued
):
    fresh = make_provider(project)
    checked(fresh, age_s=10)
    make_provider(project, status=Status.DISABLED)
    make_provider(stranger.memberships.get().project)
    browser = browse(viewer)

    answer, handed = queued(lambda: browser.post(FRESHEN_LIST, headers=HTMX))
    _, again = queued(lambda: browser.post(FRESHEN_LIST, headers=HTMX))

    assert handed == [provider.pk]
    assert again == []
    assert FRESHENED in answer.content.decode()


def test_the_list_loads_anew_only_when_a_health_has_changed(browse, viewer, provider):
    browser = browse(viewer)
    since = (timezone.now() - timedelta(seconds=5)).isoformat()
    Provider.objects.update(health_asked_at=timezone.now())
    waiting = browser.get(FRESHENED, {"since": since}, headers=HTMX)
    checked(provider, age_s=-1)
    changed = browser.get(FRESHENED, {"since": since}, headers=HTMX)
    Provider.objects.update(health_since=timezone.now() - timedelta(days=1))
    same = browser.get(FRESHENED, {"since": since}, headers=HTMX)
    nonsense = browser.get(FRESHENED, {"since": "2026-99-99T00:00"}, headers=HTMX)

    assert waiting.status_code == 204
    assert "axiom:changed" in changed.headers["HX-Trigger"]
    assert "HX-Trigger" not in same.headers
    assert "HX-Trigger" not in nonsense.headers


def test_enabling_has_it_checked_at_once(browse, editor, provider, queued):
    browser = browse(editor)
    checked(provider, age_s=5)

    _, enabled = queued(lambda: browser.post(provider_url("enable", provider), headers=HTMX))
    _, disabled = queued(lambda: browser.post(provider_url("disable", provider), headers=HTMX))

    assert enabled == [provider.pk]
    assert disabled == []


def test_a_provider_is_checked_right_after_it_was_added(browse, editor, queued):
    make_catalog_entry("gpt-a")
    form = {
        "name": "Main",
        "kind": "openai",
        "api_key": "sk-test-9876543210fedcba",
        "models.openai": ["gpt-a"],
        "degraded_threshold_ms": "5000",
    }

    _, handed = queued(lambda: browse(editor).post(provider_url("add"), form))

    assert handed == [Provider.objects.get().pk]


def test_a_kind_without_a_free_call_says_what_does_instead(browse, editor, project):
    provider = make_provider(project, kind="claude-sdk")

    said = text_of(browse(editor).get(provider_url("detail", provider)))

    assert "has no free call that shows its health: test a model" in said


def test_a_stranger_learns_nothing_of_the_health(browse, stranger, provider):
    browser = browse(stranger)

    assert browser.get(provider_url("health", provider)).status_code == 404
    assert browser.post(provider_url("freshen", provider)).status_code == 404
    assert browser.post(provider_url("check", provider)).status_code == 404


def test_a_viewer_has_it_freshened_but_does_not_press_check_now(browse, viewer, provider):
    browser = browse(viewer)

    assert browser.post(provider_url("check", provider)).status_code == 403
    assert "Needs the role editor or above." in text_of(
        browser.get(provider_url("detail", provider))
    )


def test_the_card_tells_what_todays_paid_probes_came_to(browse, viewer, provider):
    where = provider_url("health", provider)
    Provider.objects.update(has_paid_probes=True, probes_per_day=2)
    today = ProbeDay.today(provider, now=timezone.now())
    today.probes, today.unpriced, today.spent_usd = 1, 1, Decimal("0.02")
    today.save()
    HealthCheck.objects.create(
        provider=provider, checked_at=timezone.now(), state="reachable", is_paid=True
    )

    inside = text_of(browse(viewer).get(where, headers=HTMX))
    ProbeDay.objects.update(probes=2)
    outside = text_of(browse(viewer).get(where, headers=HTMX))

    told = "Paid probes today (UTC): 1 of 2, $0.02 of $0.10. 1 had no known price."
    assert told in inside
    assert "Reachable · paid" in inside
    assert "used up" not in inside
    assert "That is used up: no paid probe until midnight UTC." in outside


def test_where_the_monitor_is_off_the_card_says_so_and_asks_for_no_check(
    browse, editor, provider, queued
):
    ProjectRouting.objects.create(project=provider.project, is_monitored=False)

    said = browse(editor).get(provider_url("detail", provider))
    _, handed = queued(lambda: browse(editor).post(FRESHEN_LIST, headers=HTMX))

    assert "The project's health monitor is off" in text_of(said)
    assert provider_url("freshen", provider) not in said.content.decode()
    assert handed == []


@pytest.mark.parametrize("page", ["changelist", "detail"])
def test_everybody_sees_on_pages_that_a_provider_plays_dead(browse, viewer, provider, page):
    where = provider_url(page, *(() if page == "changelist" else (provider,)))
    routing.choose(provider.project, {"active_model": provider.models.get()}, by=None)
    assert "Game day" not in text_of(browse(viewer).get(where))

    game_days.begin(provider.project, provider, minutes=9, by=None, now=timezone.now())

    told = "Game day It plays dead in this project until"
    assert told in text_of(browse(viewer).get(where))
