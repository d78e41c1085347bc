"""A project's routing over REST: models, the monitor's settings and state, and what happened."""

import pytest
from rest_framework.test import APIClient

from accounts.models import Role
from providers.models import ProjectRouting, RoutingEvent
from tests.factories import make_key, make_member, make_project, make_provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def client_of(project, role=Role.EDITOR):
    _, token = make_key(project, created_by=make_member(project, role))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def where(project, page="routing"):
    return f"/api/v1/projects/{project.public_id}/{page}"


def test_the_monitor_has_its_defaults_before_anybody_chose(project):
    said = client_of(project).get(where(project)).json()

    assert {name: said[name] for name in said if not name.endswith("Id")} == {
        "isMonitored": True,
        "checkIntervalMin": 5,
        "fallbackTrigger": "down",
        "failuresBeforeFallback": 1,
        "recoveryIntervalMin": "1.0",
        "successesBeforeRecovery": 3,
        "notices": ["degraded_to_down", "healthy_to_down", "to_fallback", "back_to_primary"],
        "mode": "normal",
        "modeSince": None,
        "failures": 0,
        "successes": 0,
        "seenHealth": "unknown",
        "gameDay": None,
    }


def test_models_and_settings_change_together_and_what_is_left_out_stays(project):
    model = make_provider(project).models.get()
    client = client_of(project)

    body = {"activeModelId": model.public_id, "recoveryIntervalMin": "0.1", "notices": []}
    said = client.patch(where(project), body).json()
    client.patch(where(project), {"checkIntervalMin": 1440})

    kept = ProjectRouting.objects.get()
    assert (said["activeModelId"], said["recoveryIntervalMin"]) == (model.public_id, "0.1")
    assert (kept.check_interval_min, kept.notices, str(kept.recovery_interval_min)) == (
        *(1440, []),
        "0.1",
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("checkIntervalMin", 0),
        ("checkIntervalMin", 1441),
        ("failuresBeforeFallback", 101),
        ("recoveryIntervalMin", "0.05"),
        ("fallbackTrigger", "rain"),
        ("notices", ["lunch"]),
        ("mode", "fallback"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_stored(project, field, value):
    answer = client_of(project).patch(where(project), {field: value, "isMonitored": False})

    assert answer.status_code == 400
    assert field in str(answer.json()["error"])
    assert not ProjectRouting.objects.filter(is_monitored=False).exists()


def test_a_viewer_reads_and_does_not_change(project):
    client = client_of(project, Role.VIEWER)

    assert client.get(where(project)).status_code == 200
    assert client.patch(where(project), {"isMonitored": False}).status_code == 403


def test_what_happened_is_read_newest_first_and_by_nobody_else(project):
    for event in ("to_fallback", "back_to_primary"):
        RoutingEvent.objects.create(project=project, event=event, message=event, is_notice=True)

    said = client_of(project, Role.VIEWER).get(where(project, "routing-events")).json()
    stranger = client_of(make_project()).get(where(project, "routing-events"))

    assert [row["event"] for row in said["data"]] == ["back_to_primary", "to_fallback"]
    assert set(said["data"][0]) == {"id", "event", "message", "isNotice", "at"}
    assert stranger.status_code == 404


def test_a_game_day_over_rest_is_shown_and_ended(project):
    provider = make_provider(project)
    client = client_of(project)
    client.patch(where(project), {"activeModelId": provider.models.get().public_id})

    body = {"providerId": provider.public_id, "minutes": 5}
    begun = client.post(where(project, "game-day"), body).json()
    ended = client.delete(where(project, "game-day"))

    assert begun["gameDay"]["providerId"] == provider.public_id
    assert ended.status_code == 204
    assert client.get(where(project)).json()["gameDay"] is None


def test_a_game_day_of_a_provider_that_is_not_used_is_told_at_its_field(project):
    body = {"providerId": make_provider(project).public_id}

    answer = client_of(project).post(where(project, "game-day"), body)

    assert answer.status_code == 400
    assert "providerId" in answer.json()["error"]["meta"]["fields"]


def test_a_viewer_begins_no_game_day(project):
    client = client_of(project, Role.VIEWER)

    assert client.post(where(project, "game-day"), {}).status_code == 403
    assert client.delete(where(project, "game-day")).status_code == 403
