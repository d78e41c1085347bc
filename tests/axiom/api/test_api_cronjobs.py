"""What cronjobs do over REST that no other resource does."""

import pytest
from django.utils import timezone

from accounts.models import Role
from accounts.permissions import API
from gateway.models import Cronjob, CronjobRun, RunState

pytestmark = pytest.mark.django_db

DRAFT = {"name": "Digest", "schedule": "30 9 * * MON-FRI", "prompt": "Sum up."}


@pytest.fixture
def script(here):
    return here.script()


@pytest.fixture
def path(here):
    return f"{API}/cronjobs/{here.cronjob.public_id}"


def test_a_cronjob_is_added_and_says_its_schedule_in_words(here, script):
    told = script.post(
        f"{API}/cronjobs",
        DRAFT | {"timeZone": "Europe/Berlin", "pinnedModelId": here.model.public_id},
    )

    assert told.status_code == 201, told.content
    body = told.json()
    assert body["scheduleInWords"] == "At 09:30 on Monday through Friday"
    assert (body["pinPolicy"], body["overlap"], body["isPaused"]) == ("default", "skip", False)
    assert body["pinnedModelId"] == here.model.public_id
    assert body["nextRunAt"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"schedule": "never"}, "schedule"),
        ({"timeZone": "Mars"}, "timeZone"),
        ({"prompt": ""}, "prompt"),
        ({"pinPolicy": "perhaps"}, "pinPolicy"),
        ({"pinnedModelId": "apm_0000000000000000"}, "pinnedModelId"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(script, sent, field):
    refused = script.post(f"{API}/cronjobs", DRAFT | sent)

    assert refused.status_code == 400
    assert field in str(refused.json())
    assert not Cronjob.objects.filter(name="Digest").exists()


def test_a_run_is_begun_and_its_history_read(script, here, path):
    begun = script.post(f"{path}/run")
    assert begun.status_code == 202, begun.content
    assert (begun.json()["state"], begun.json()["trigger"]) == ("queued", "person")

    again = script.post(f"{path}/run")
    assert again.status_code == 409
    run = CronjobRun.objects.get(public_id=begun.json()["id"])
    run.output = "All is well."
    run.end(RunState.SUCCEEDED, now=timezone.now())

    (listed,) = script.get(f"{path}/runs").json()["data"]
    assert (listed["id"], listed["state"], listed["output"]) == (
        *(run.public_id, "succeeded", "All is well."),
    )


def test_pause_and_resume(script, path):
    assert script.post(f"{path}/pause").json()["nextRunAt"] is None
    assert script.get(f"{API}/cronjobs", {"isPaused": "true"}).json()["data"]

    resumed = script.post(f"{path}/resume").json()

    assert (resumed["isPaused"], bool(resumed["nextRunAt"])) == (False, True)


def test_a_change_of_one_part_leaves_the_others(script, here, path):
    before = script.get(path).json()

    after = script.patch(path, {"schedule": "0 7 * * *"}).json()

    assert after["schedule"] == "0 7 * * *"
    assert (after["prompt"], after["pinnedModelId"]) == (before["prompt"], before["pinnedModelId"])


def test_the_impact_of_its_model_names_it_with_its_next_run(script, here):
    model = here.cronjob.pinned_model

    impact = script.get(f"{API}/provider-models/{model.public_id}/impact").json()

    (group,) = [group for group in impact["dependents"] if group["what"] == "cronjobs"]
    assert group["effect"] != "refuse"
    assert "next run" in str(group)


def test_a_viewer_reads_and_a_stranger_finds_nothing(here, elsewhere, path):

    viewer, stranger = here.script(Role.VIEWER), elsewhere.script()

    assert viewer.get(path).status_code == 200
    assert viewer.get(f"{path}/runs").status_code == 200
    assert viewer.post(f"{path}/run").status_code == 403
    assert stranger.get(path).status_code == 404
    assert stranger.get(f"{path}/runs").status_code == 404


def test_a_pin_that_is_gone_stays_until_the_body_names_another(here, script, path):
    Cronjob.objects.filter(pk=here.cronjob.pk).update(
        pinned_model=None, pin_name="Groq: some-model", pin_policy="hold"
    )

    renamed = script.patch(path, {"name": "Renamed"}).json()
    assert (renamed["lacksPin"], renamed["pinPolicy"]) == (True, "hold")

    chosen = script.patch(path, {"pinnedModelId": None}).json()
    assert (chosen["lacksPin"], chosen["pinnedModelId"]) == (False, None)
