"""The Routing page: what it shows, what it stores, and a game day."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from providers.health import Mode
from providers.models import HealthCheck, ProjectRouting, RoutingEvent
from providers.services import routing
from tests.factories import make_provider
from tests.providers.admin.addresses import text_of

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:providers_projectrouting_changelist")
SAVE = reverse("admin:providers_projectrouting_save")
BEGIN = reverse("admin:providers_projectrouting_begin_game_day")
END = reverse("admin:providers_projectrouting_end_game_day")
PLAIN = {
    "is_monitored": "on",
    "check_interval_min": "5",
    "fallback_trigger": "down",
    "failures_before_fallback": "1",
    "recovery_interval_min": "1.0",
    "successes_before_recovery": "3",
    "notices": ["degraded_to_down", "healthy_to_down", "to_fallback", "back_to_primary"],
}


@pytest.fixture
def chosen(project, owner):
    """Choose an active model and a fallback, each at a provider of its own."""
    main, spare = make_provider(project, name="Main"), make_provider(project, name="Spare")
    models = {"active_model": main.models.get(), "fallback_model": spare.models.get()}
    routing.choose(project, models, by=owner)
    return models


def ids(models):
    return {role: model.public_id for role, model in models.items()}


def test_models_and_settings_are_saved_together(browse, editor, project, chosen):
    swapped = {
        "active_model": chosen["fallback_model"].public_id,
        "fallback_model": chosen["active_model"].public_id,
    }

    answer = browse(editor).post(SAVE, PLAIN | swapped | {"recovery_interval_min": "0.1"})

    kept = ProjectRouting.objects.get()
    assert answer.status_code == 302, text_of(answer)
    assert (kept.active_model, kept.fallback_model) == (
        *(chosen["fallback_model"], chosen["active_model"]),
    )
    assert (str(kept.recovery_interval_min), kept.task_model) == ("0.1", None)
    assert AuditEvent.objects.filter(action="routing:UpdateRouting").count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"check_interval_min": "1441"}, "check_interval_min"),
        ({"recovery_interval_min": "0"}, "recovery_interval_min"),
        ({"active_model": ""}, "active_model"),
        ({"fallback_model": "apm_0000000000000000"}, "fallback_model"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(browse, editor, chosen, wrong, field):
    answer = browse(editor).post(SAVE, PLAIN | ids(chosen) | wrong)

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert ProjectRouting.objects.get().active_model == chosen["active_model"]


def test_a_viewer_sees_it_and_saves_nothing(browse, viewer, chosen):
    browser = browse(viewer)

    page = browser.get(PAGE)

    assert page.status_code == 200
    assert "Needs the role editor or above." in text_of(page)
    assert "Begin the game day" not in text_of(page)
    for where in (SAVE, BEGIN, END):
        assert browser.post(where, PLAIN).status_code == 403


def test_it_shows_the_mode_the_counters_and_what_happened(browse, viewer, project, chosen):
    now = timezone.now()
    ProjectRouting.objects.update(mode=Mode.FALLBACK, mode_since=now, successes=1)
    RoutingEvent.objects.create(project=project, event="to_fallback", message="Main fails.")
    HealthCheck.objects.create(
        provider=chosen["active_model"].provider, checked_at=now, state="unreachable"
    )

    said = text_of(browse(viewer).get(PAGE))

    assert "Recovery checks running: 1 of 3 healthy in a row." in said
    assert "some-model at Spare" in said
    assert "Main fails." in said
    assert "Main: Unreachable" in said


def test_the_page_asks_as_much_of_the_database_however_much_has_happened(
    browse, viewer, project, chosen, queries_of
):
    browser = browse(viewer)
    few = queries_of(browser, PAGE)
    for number in range(30):
        make_provider(project, models=(f"m{number}",))
        RoutingEvent.objects.create(project=project, event="to_fallback", message="x")

    assert queries_of(browser, PAGE) == few


def test_a_game_day_begins_is_seen_by_all_and_is_ended(browse, editor, viewer, chosen):
    main = chosen["active_model"].provider
    browser = browse(editor)

    browser.post(BEGIN, {"provider": main.public_id, "minutes": "10"})
    during = text_of(browse(viewer).get(PAGE))
    browser.post(END)
    after = text_of(browse(viewer).get(PAGE))

    assert "Main plays dead in this project until" in during
    assert f"as {editor.email} wished" in during
    assert "Game day." not in after
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"routing:BeginGameDay", "routing:EndGameDay"} <= actions


def test_a_game_day_that_has_passed_is_over_by_itself(browse, viewer, chosen):
    main = chosen["active_model"].provider
    past = timezone.now() - timedelta(seconds=1)
    ProjectRouting.objects.update(drilled_provider=main, drilled_until=past)

    assert "Game day." not in text_of(browse(viewer).get(PAGE))


def test_a_game_day_of_another_provider_is_refused(browse, editor, project, chosen):
    other = make_provider(project)

    answer = browse(editor).post(BEGIN, {"provider": other.public_id, "minutes": "10"}, follow=True)

    assert "Choose one of the two providers" in text_of(answer)
    assert ProjectRouting.objects.get().drilled_provider is None


def test_without_a_project_it_asks_for_one(browse, staff, chosen):
    browser = browse(staff)

    assert "choose a project at the top" in text_of(browser.get(f"{PAGE}?project=all"))
