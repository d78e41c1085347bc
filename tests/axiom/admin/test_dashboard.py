"""The dashboard: what answers, how today went, what ends soon; inside the wall, live, and cheap."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiKey
from providers.health import Health, Mode
from providers.models import HealthCheck, ProjectRouting, ProviderModel
from providers.services import game_days
from tests.factories import make_agent, make_key, make_provider, make_secret
from tests.providers.admin.addresses import text_of
from tests.usage import lines
from usage.models import Writer
from usage.models.writer import Seen

pytestmark = pytest.mark.django_db

DASHBOARD = "/admin/dashboard/"


@pytest.fixture
def provider(project):
    return make_provider(project, name="Main", models=("m1", "m2"), secret=make_secret(project))


def route(project, active, fallback=None):
    ProjectRouting.objects.update_or_create(
        project=project, defaults={"active_model": active, "fallback_model": fallback}
    )


def check(provider, *, state=Health.REACHABLE, ms=412, ago=timedelta(minutes=1)):
    HealthCheck.objects.create(
        provider=provider, state=state, latency_ms=ms, checked_at=timezone.now() - ago
    )


def use(provider, *, status=200, cost="0.25", at=None):
    line = {"model": "m1", "status": status, "cost": None if cost is None else Decimal(cost)}
    lines.use(provider, at=at or timezone.now(), **line)


def test_it_is_the_first_page_after_the_door(browse, viewer, provider):
    answer = browse(viewer).get("/admin/", follow=True)

    assert answer.redirect_chain[-1][0] == DASHBOARD


def test_it_says_what_answers_and_what_would_instead(browse, viewer, project, provider):
    route(project, *provider.models.order_by("position"))

    said = text_of(browse(viewer).get(DASHBOARD))

    assert "Answers now m1" in said
    assert "Fallback: m2 at Main" in said


def test_a_project_whose_monitor_is_off_has_no_card(browse, viewer, project, provider):
    route(project, *provider.models.order_by("position"))
    ProjectRouting.objects.update(is_monitored=False)

    said = text_of(browse(viewer).get(DASHBOARD))

    assert "Answers now" not in said
    assert "Requests today" in said


def test_everybody_sees_a_game_day_while_it_lasts(browse, viewer, project, provider):
    route(project, *provider.models.order_by("position"))
    now = timezone.now()
    game_days.begin(project, provider, minutes=9, by=None, now=now - timedelta(minutes=10))
    assert "Game day" not in text_of(browse(viewer).get(DASHBOARD))

    game_days.begin(project, provider, minutes=9, by=None, now=now)

    told = "Game day Main plays dead in this project until"
    assert told in text_of(browse(viewer).get(DASHBOARD))


def test_it_sums_up_today_and_leaves_yesterday_out(browse, viewer, provider):
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    use(provider)
    use(provider, status=502, cost="0.5")
    use(provider, cost=None)
    use(provider, at=midnight - timedelta(seconds=1))

    said = text_of(browse(viewer).get(DASHBOARD))

    assert "Requests today 3 1 failed, 33.3 %" in said
    assert "Cost today $0.75 1 request without a known price" in said


def test_it_counts_enabled_providers_by_health(browse, viewer, project, provider):
    provider.__class__.objects.filter(pk=provider.pk).update(health=Health.DEGRADED)
    make_provider(project, name="Other")
    make_provider(project, name="Off", status="disabled")

    said = text_of(browse(viewer).get(DASHBOARD))

    assert "Unknown 1 Degraded 1" in said


def test_it_shows_the_last_five_checks(browse, viewer, provider):
    for number in range(7):
        check(provider, ms=1000 + number, ago=timedelta(minutes=number))

    said = text_of(browse(viewer).get(DASHBOARD))

    assert "1,000 ms" in said
    assert "1,004 ms" in said
    assert "1,005 ms" not in said


def test_it_names_what_ends_within_a_month(browse, owner, project, provider):
    now = timezone.now()
    provider.secret.__class__.objects.update(expires_at=now + timedelta(days=3))
    ProviderModel.objects.filter(upstream_id="m2").update(
        deprecated_on=(now + timedelta(days=9)).date()
    )
    make_agent(project, routing="pinned", pinned_model=provider.models.get(upstream_id="m2"))
    for name, days in (("Nightly", 20), ("Yearly", 200)):
        key, _ = make_key(project, expires_at=now + timedelta(days=days))
        ApiKey.objects.filter(pk=key.pk).update(name=name)

    said = text_of(browse(owner).get(DASHBOARD))

    ending = [said.index(name) for name in (provider.secret.name, "m2 at Main", "Nightly")]
    assert ending == sorted(ending)
    assert "Yearly" not in said


def test_it_names_agents_that_nobody_answers(browse, viewer, project, provider):
    make_agent(project, name="Stranded")
    route(project, None)
    stranded = text_of(browse(viewer).get(DASHBOARD))
    route(project, provider.models.first())
    served = text_of(browse(viewer).get(DASHBOARD))

    assert "Agents with a warning" in stranded
    assert "Stranded no answer" in stranded
    assert "Stranded" not in served


def test_it_says_that_the_fallback_answers(browse, viewer, project, provider):
    route(project, *provider.models.order_by("position"))
    ProjectRouting.objects.update(mode=Mode.FALLBACK)

    said = text_of(browse(viewer).get(DASHBOARD))

    assert "Fallback mode m2 at Main answers. Recovery checks running…" in said


def test_it_follows_by_itself(browse, viewer, provider):
    said = browse(viewer).get(DASHBOARD).content.decode()

    assert 'hx-trigger="every 15s, axiom:changed from:body"' in said


def test_a_stranger_sees_nothing_of_it(browse, stranger, project, provider):
    route(project, provider.models.first())
    check(provider)
    use(provider)

    said = text_of(browse(stranger).get(DASHBOARD))

    assert "Main" not in said
    assert "m1" not in said
    assert "Requests today 0 0 failed, —" in said


def test_it_costs_the_same_however_much_there_is(browse, staff, project, provider):
    browser = browse(staff)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(f"{DASHBOARD}?project=all").status_code == 200
        return len(asked)

    make_agent(project)
    queries()
    before = queries()
    for number in range(4):
        more = make_provider(project, name=f"More {number}", models=("a", "b"))
        check(more)
        use(more)
        make_key(project, expires_at=timezone.now() + timedelta(days=2))
        make_agent(project, name=f"Agent {number}")

    assert queries() == before


def test_staff_see_whether_the_ledger_lacks_calls(browse, staff, viewer, provider):
    Writer.objects.note_seen("gwy_1", Seen(3, 0, 0), at=timezone.now())

    assert "3 calls without a row" in text_of(browse(staff).get(DASHBOARD))
    assert "without a row" not in text_of(browse(viewer).get(DASHBOARD))
