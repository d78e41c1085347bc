"""What every write has: conditions, names, rehearsals, operations that are followed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiKey, AuditEvent, KeptAnswer
from accounts.permissions import API
from providers import tasks
from providers.models import Operation, Provider
from tests.axiom.api.world import with_token

pytestmark = pytest.mark.django_db

DRAFT = {"name": "Added", "provider": "openai", "apiKey": "sk-canary-77aa88bb99cc"}
NAME = {"Idempotency-Key": "once-only-1"}


@pytest.fixture
def script(here):
    return here.script()


def error_of(answer):
    return answer.json()["error"]


class TestConditions:
    def test_an_etag_of_a_get_makes_a_change_safe(self, here, script):
        path = f"{API}/ai-providers/{here.provider.public_id}"
        etag = script.get(path)["ETag"]

        changed = script.patch(path, {"name": "Changed"}, headers={"If-Match": etag})
        late = script.patch(path, {"name": "Too late"}, headers={"If-Match": etag})

        assert changed.status_code == 200, changed.content
        assert changed["ETag"] != etag
        assert (late.status_code, error_of(late)["code"]) == (412, "PRECONDITION_FAILED")
        assert script.get(path)["ETag"] == changed["ETag"]
        assert script.get(path).json()["name"] == "Changed"

    def test_a_stale_etag_deletes_nothing(self, here, script):
        path = f"{API}/provider-models/{here.model.public_id}"

        late = script.delete(path, headers={"If-Match": '"0123456789abcdef"'})
        done = script.delete(path, headers={"If-Match": script.get(path)["ETag"]})

        assert (late.status_code, done.status_code) == (412, 204)

    def test_what_is_only_observed_leaves_the_etag_as_it_is(self, here, script):
        path = f"{API}/ai-providers/{here.provider.public_id}"
        etag = script.get(path)["ETag"]

        Provider.objects.filter(pk=here.provider.pk).update(health="degraded")

        assert script.get(path).json()["health"] == "degraded"
        assert script.get(path)["ETag"] == etag

    def test_an_unreadable_condition_is_refused(self, here, script):
        path = f"{API}/ai-providers/{here.provider.public_id}"

        assert script.patch(path, {}, headers={"If-Match": "abc"}).status_code == 400
        assert script.patch(path, {}, headers={"If-Match": "*"}).status_code == 200

    def test_a_rehearsal_is_held_to_the_condition_too(self, here, script):
        path = f"{API}/ai-providers/{here.provider.public_id}?dryRun=true"

        answer = script.delete(path, headers={"If-Match": '"stale"'})

        assert answer.status_code == 412


class TestNames:
    def test_the_same_request_twice_is_done_once(self, script):
        first = script.post(f"{API}/ai-providers", DRAFT, headers=NAME)
        again = script.post(f"{API}/ai-providers", DRAFT, headers=NAME)

        assert first.status_code == again.status_code == 201, first.content
        assert first.json() == again.json()
        assert again["Idempotent-Replayed"] == "true"
        assert Provider.objects.filter(name="Added").count() == 1

    def test_another_request_of_that_name_is_refused_and_does_nothing(self, script):
        script.post(f"{API}/ai-providers", DRAFT, headers=NAME)

        other = script.post(f"{API}/ai-providers", DRAFT | {"name": "Other"}, headers=NAME)
        elsewhere = script.post(f"{API}/secrets", DRAFT, headers=NAME)

        assert other.status_code == elsewhere.status_code == 409
        assert error_of(other)["code"] == "IDEMPOTENCY_KEY_REUSED"
        assert not Provider.objects.filter(name="Other").exists()

    def test_what_is_shown_once_is_not_shown_again_and_not_kept(self, script):
        first = script.post(f"{API}/api-keys", {"name": "New"}, headers=NAME)
        again = script.post(f"{API}/api-keys", {"name": "New"}, headers=NAME)

        assert first.json()["token"].startswith("axk_")
        assert again.status_code == 201
        assert again.json() == first.json() | {"token": None}
        assert first.json()["token"] not in str(KeptAnswer.objects.values_list())
        assert with_token(first.json()["token"]).get(f"{API}/api-keys").status_code == 200

    def test_a_refusal_is_answered_again_and_what_is_kept_holds_no_credential(self, script):
        wrong = DRAFT | {"name": ""}

        first = script.post(f"{API}/ai-providers", wrong, headers=NAME)
        again = script.post(f"{API}/ai-providers", wrong, headers=NAME)

        assert first.status_code == again.status_code == 400
        assert first.json() == again.json()
        assert DRAFT["apiKey"] not in str(KeptAnswer.objects.values_list())

    def test_the_first_one_is_waited_for(self, script):
        script.post(f"{API}/ai-providers", DRAFT, headers=NAME)
        KeptAnswer.objects.update(status=None, body=None)

        answer = script.post(f"{API}/ai-providers", DRAFT, headers=NAME)

        assert (answer.status_code, error_of(answer)["code"]) == (409, "IDEMPOTENCY_KEY_IN_USE")

    def test_one_whose_process_died_is_done_after_all(self, script):
        script.post(f"{API}/ai-providers", DRAFT, headers=NAME)
        Provider.objects.filter(name="Added").delete()
        long_ago = timezone.now() - timedelta(minutes=3)
        KeptAnswer.objects.update(status=None, body=None, begun_at=long_ago)

        assert script.post(f"{API}/ai-providers", DRAFT, headers=NAME).status_code == 201

    def test_after_a_day_a_name_is_free_and_nothing_is_kept(self, script):
        script.post(f"{API}/ai-providers", DRAFT, headers=NAME)
        KeptAnswer.objects.update(begun_at=timezone.now() - timedelta(hours=25))

        answer = script.post(f"{API}/ai-providers", DRAFT | {"name": "Later"}, headers=NAME)

        assert answer.status_code == 201
        assert KeptAnswer.objects.count() == 1

    def test_a_failure_of_ours_is_not_kept(self, script, monkeypatch):
        def fail(*_words, **_options):
            raise RuntimeError

        with monkeypatch.context() as broken:
            broken.setattr("providers.services.providers.store", fail)
            assert script.post(f"{API}/ai-providers", DRAFT, headers=NAME).status_code == 500

        assert script.post(f"{API}/ai-providers", DRAFT, headers=NAME).status_code == 201

    @pytest.mark.parametrize("name", ["", "two words", "é", "x" * 256])
    def test_a_name_is_visible_ascii(self, script, name):
        answer = script.post(f"{API}/ai-providers", DRAFT, HTTP_IDEMPOTENCY_KEY=name)

        assert answer.status_code == 400
        assert "Idempotency-Key" in error_of(answer)["meta"]["fields"]


class TestRehearsals:
    def test_it_tells_each_field_before_and_after_and_what_depends_on_it(self, here, script):
        path = f"{API}/ai-providers/{here.provider.public_id}?dryRun=true"

        said = script.patch(path, {"name": "Renamed"}).json()

        assert said["dryRun"] is True
        assert {
            "field": "name", "before": here.provider.name, "after": "Renamed"
        } in said["diff"]  # fmt: skip
        assert said["impact"]["id"] == here.provider.public_id
        assert said["impact"]["dependents"]

    def test_a_deletion_that_would_be_refused_is_refused(self, here, script):
        answer = script.delete(f"{API}/secrets/{here.secret.public_id}?dryRun=true")

        assert (answer.status_code, error_of(answer)["code"]) == (409, "SECRET_HAS_DEPENDENTS")
        assert error_of(answer)["meta"] == {"count": 1, "ids": [here.provider.public_id]}

    def test_a_key_that_would_be_made_is_not_shown(self, script):
        said = script.post(f"{API}/api-keys?dryRun=true", {"name": "New"}).json()

        assert "axk_" not in str([row for row in said["diff"] if row["field"] != "prefix"])
        assert not ApiKey.objects.filter(name="New").exists()

    def test_only_true_and_false_are_answers_to_it(self, here, script):
        path = f"{API}/ai-providers/{here.provider.public_id}"

        assert script.patch(f"{path}?dryRun=yes", {"name": "X"}).status_code == 400
        assert Provider.objects.get(pk=here.provider.pk).name != "X"


class TestOperations:
    def test_one_that_waits_is_cancelled_and_then_there_is_nothing_to_cancel(self, here, script):
        path = f"{API}/operations/{here.operation.public_id}/cancel"

        cancelled, again = script.post(path), script.post(path)

        assert cancelled.json()["state"] == "cancelled"
        assert (again.status_code, error_of(again)["code"]) == (409, "OPERATION_FINISHED")
        assert Operation.objects.claim(here.operation.pk, worker="w", now=timezone.now()) is None
        assert AuditEvent.objects.filter(action="operations:CancelOperation").exists()

    def test_a_call_that_ends_too_late_changes_nothing(self, here, script):
        running = Operation.objects.claim(here.operation.pk, worker="w", now=timezone.now())
        script.post(f"{API}/operations/{here.operation.public_id}/cancel")

        running.finish(Operation.State.SUCCEEDED, message="late")

        assert Operation.objects.get(pk=running.pk).state == "cancelled"


def test_providers_of_a_replaced_secret_are_looked_at_soon(
    here, script, monkeypatch, django_capture_on_commit_callbacks
):
    asked = []
    monkeypatch.setattr(tasks.check_provider, "apply_async", lambda **call: asked.append(call))
    path = f"{API}/secrets/{here.secret.public_id}"

    with django_capture_on_commit_callbacks(execute=True):
        answer = script.patch(path, {"apiKey": "sk-canary-99dd88cc77bb"})

    assert answer.status_code == 200, answer.content
    assert asked == [{"kwargs": {"provider_id": here.provider.pk}}]
