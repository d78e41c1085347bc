"""What each resource does that no other does, over REST."""

from functools import partial

import pytest

from accounts.models import Membership, Role
from accounts.permissions import API
from gateway.models import AccessGrant
from providers.models import Provider, Secret
from tests.axiom.api.world import signed_in, with_token
from tests.factories import make_grant, make_key, make_member, make_provider, make_staff

pytestmark = pytest.mark.django_db

DRAFT = {"name": "Added", "provider": "openai", "apiKey": "sk-canary-77aa88bb99cc"}


@pytest.fixture
def script(here):
    return here.script()


def error_of(answer):
    return answer.json()["error"]


class TestResources:
    def test_null_unlinks_a_secret_and_leaves_it(self, here, script):
        path = f"{API}/ai-providers/{here.provider.public_id}"

        answer = script.patch(path, {"secretId": None})

        assert answer.status_code == 200, answer.content
        assert answer.json()["secretId"] is None
        assert Secret.objects.filter(pk=here.secret.pk).exists()

    def test_another_host_needs_the_credential_again(self, here, script):
        path = f"{API}/ai-providers/{here.provider.public_id}"

        refused = script.patch(path, {"baseUrl": "http://127.0.0.1:9/v1"})
        taken = script.patch(path, {"baseUrl": "http://127.0.0.1:9/v1", "apiKey": "sk-new"})

        assert "baseUrl" in error_of(refused)["meta"]["fields"]
        assert taken.status_code == 200, taken.content

    def test_force_takes_the_providers_of_a_secret_along(self, script):
        other = script.post(f"{API}/ai-providers", DRAFT).json()

        gone = script.delete(f"{API}/secrets/{other['secretId']}?force=true")

        assert gone.status_code == 204, gone.content
        assert not Provider.objects.filter(public_id=other["id"]).exists()

    def test_a_check_is_begun_and_told_as_the_provider_that_is_checked(
        self, here, script, queued, django_capture_on_commit_callbacks
    ):
        path = f"{API}/ai-providers/{here.provider.public_id}/check"

        with django_capture_on_commit_callbacks(execute=True):
            answer = script.post(path)

        assert (answer.status_code, answer.json()["id"]) == (202, here.provider.public_id)
        assert queued == ["providers.tasks.check_provider"]

    def test_what_has_no_free_call_is_not_checked(self, here, script):
        silent = make_provider(here.project, kind="claude-sdk")

        answer = script.post(f"{API}/ai-providers/{silent.public_id}/check")

        assert (answer.status_code, error_of(answer)["code"]) == (400, "HEALTH_CHECK_UNSUPPORTED")

    def test_the_live_models_of_a_provider_are_listed_and_a_failure_is_its_own(
        self, here, script, httpserver
    ):
        path = f"{API}/ai-providers/{here.provider.public_id}/models"

        listed = script.get(path)
        httpserver.clear()
        httpserver.expect_request("/v1/models").respond_with_data("no", status=500)
        failed = script.get(path)

        assert [row["id"] for row in listed.json()["data"]] == ["one"]
        assert (failed.status_code, error_of(failed)["code"]) == (502, "AI_PROVIDER_ERROR")

    def test_active_and_fallback_change_places_in_one_change(self, here, script):
        path = f"{API}/projects/{here.project.public_id}/routing"
        now = script.get(path).json()

        swapped = script.patch(
            path,
            {"activeModelId": now["fallbackModelId"], "fallbackModelId": now["activeModelId"]},
        )

        assert swapped.status_code == 200, swapped.content
        assert swapped.json()["activeModelId"] == now["fallbackModelId"]
        assert swapped.json()["fallbackModelId"] == now["activeModelId"]

    def test_a_shared_model_is_chosen_where_the_project_was_granted_it(self, here, script):
        shared = Provider.objects.create(name="Shared", kind="openai")
        model = shared.models.create(upstream_id="shared-model")

        routing = f"{API}/projects/{here.project.public_id}/routing"
        ways = (
            partial(script.post, f"{API}/provider-models/{model.public_id}/set-active"),
            partial(script.post, f"{API}/provider-models/{model.public_id}/set-fallback"),
            partial(script.patch, routing, {"taskModelId": model.public_id}),
        )
        refused = [way() for way in ways]
        grant = make_grant(project=here.project, provider=shared)
        answer = ways[0]()
        grant.delete()
        kept = script.patch(routing, {"checkIntervalMin": 7})
        changed = script.patch(f"{API}/provider-models/{model.public_id}", {"inputPrice": "0"})

        assert {row.status_code for row in refused} == {400}
        fields = [error_of(row)["meta"]["fields"] for row in refused]
        said = "Shared is shared, and not granted to this project."
        assert [*fields[0].items()] == [("activeModelId", [said])]
        assert [*fields[1].items(), *fields[2].items()] == [
            ("fallbackModelId", [said]),
            ("taskModelId", [said]),
        ]
        assert kept.status_code == 200, kept.content
        assert answer.json()["activeModelId"] == model.public_id
        assert answer.json()["projectId"] == here.project.public_id
        assert changed.status_code == 403

    def test_the_last_owner_stays(self, here):
        owners = Membership.objects.owners().filter(project=here.project)
        keep = here.people[Role.OWNER]
        for member in owners.exclude(user=keep):
            member.remove(by=None)

        path = f"{API}/projects/{here.project.public_id}/members/{keep.public_id}"
        answer = signed_in(make_staff()).delete(path)

        assert (answer.status_code, error_of(answer)["code"]) == (409, "LAST_OWNER")

    def test_a_project_goes_for_its_typed_name_alone(self, here):
        path = f"{API}/projects/{here.project.public_id}"

        answer = here.client(Role.OWNER).delete(f"{path}?name=Wrong")

        assert (answer.status_code, error_of(answer)["code"]) == (409, "NAME_NOT_TYPED")

    def test_a_narrow_key_makes_no_wider_one(self, here):
        narrow = [
            {"effect": "Allow", "action": ["apiKeys:*", "secrets:*"], "resource": ["*"]},
            {"effect": "Deny", "action": ["secrets:DeleteSecret"], "resource": ["*"]},
        ]
        maker = here.script(policy=narrow)
        narrower = [
            {"effect": "Allow", "action": ["secrets:ListSecrets"], "resource": ["*"]}, narrow[1]
        ]  # fmt: skip

        for policy in (None, narrow[:1], [narrow[0] | {"action": ["*"]}, narrow[1]]):
            answer = maker.post(f"{API}/api-keys", {"name": "Wider", "policy": policy})
            assert answer.status_code == 400
            assert "policy" in error_of(answer)["meta"]["fields"]
        made = maker.post(f"{API}/api-keys", {"name": "Narrower", "policy": narrower})
        assert made.status_code == 201, made.content

    def test_nobody_grants_what_is_not_theirs(self, here):
        allowed = ["grants:*", "aiProviders:ListAiProviders"]
        policy = [{"effect": "Allow", "action": allowed, "resource": ["*"]}]
        _, token = make_key(here.project, created_by=here.people[Role.ADMIN], policy=policy)
        path = f"{API}/objects/{here.provider.public_id}/grants"

        refused = with_token(token).post(path, {"email": here.friend.email, "verb": "delete"})
        given = here.script(Role.ADMIN).post(path, {"email": here.friend.email, "verb": "delete"})

        assert refused.status_code == 403
        assert set(given.json()["verbs"]) == {"view", "delete"}
        gone = here.script().delete(f"{path}/{here.friend.public_id}/delete")
        assert gone.status_code == 204

    def test_a_key_that_deletes_no_models_leaves_none_out_either(self, here):
        narrow = [
            {"effect": "Allow", "action": ["aiProviders:*"], "resource": ["*"]},
            {"effect": "Deny", "action": ["aiProviders:DeleteProviderModel"], "resource": ["*"]},
        ]
        path = f"{API}/ai-providers/{here.provider.public_id}"
        models = list(here.provider.models.values_list("upstream_id", flat=True))

        added = here.script().patch(path, {"models": [*models, "one-more"]})
        refused = here.script(policy=narrow).patch(path, {"models": models})

        assert added.status_code == 200, added.content
        assert (refused.status_code, error_of(refused)["meta"]) == (
            403,
            {"permission": "aiProviders:DeleteProviderModel"},
        )
        assert here.provider.models.count() == len(models) + 1

    def test_what_nobody_reads_in_the_query_is_refused(self, script):
        answer = script.get(f"{API}/ai-providers?statsu=active")

        assert answer.status_code == 400
        assert "statsu" in error_of(answer)["meta"]["fields"]


class TestExplaining:
    def test_the_rules_are_told_in_the_order_in_which_they_decide(self, here):
        ask = {"action": "aiProviders:DeleteAiProvider", "objectId": here.provider.public_id}

        said = here.script(Role.EDITOR).post(f"{API}/permissions/explain", ask).json()

        assert said["isAllowed"] is False
        assert [step["rule"] for step in said["steps"]] == [
            "in force",
            "wall",
            "role",
            "key policy",
        ]
        assert [step["passes"] for step in said["steps"]] == [True, True, False, True]
        assert "Admin" in said["steps"][2]["reason"]

    def test_whoever_leads_asks_for_others_and_nobody_else_does(self, here):
        ask = {"action": "aiProviders:ListAiProviders", "userId": here.friend.public_id}

        lead = here.script(Role.ADMIN).post(f"{API}/permissions/explain", ask)
        other = here.script(Role.EDITOR).post(f"{API}/permissions/explain", ask)

        assert lead.json()["isAllowed"] is True
        assert other.status_code == 404

    def test_a_policy_that_denies_is_named_by_its_number(self, here):
        policy = [
            {"effect": "Allow", "action": ["*"], "resource": ["*"]},
            {"effect": "Deny", "action": ["secrets:*"], "resource": ["*"]},
        ]

        said = here.script(policy=policy).post(
            f"{API}/permissions/explain", {"action": "secrets:ListSecrets"}
        )

        assert said.json()["steps"][-1]["reason"] == "Statement 2 denies it."

    def test_a_facade_is_called_by_whom_a_grant_lets(self, here):
        ask = {"action": "models:Invoke", "objectId": here.facade.public_id}

        granted = here.script().post(f"{API}/permissions/explain", ask).json()
        here.access.delete()
        taken_back = here.script().post(f"{API}/permissions/explain", ask).json()

        assert granted["isAllowed"] is True
        assert granted["steps"][-1]["rule"] == "access grant"
        assert taken_back["isAllowed"] is False
        assert [step["passes"] for step in taken_back["steps"]][-2:] == [True, False]

    def test_a_shared_provider_is_called_by_whom_a_grant_lets(self, here):
        shared = make_provider(here.project)
        Provider.objects.filter(pk=shared.pk).update(project=None)
        shared.refresh_from_db()
        asked = [shared.public_id, shared.models.get().public_id]

        def allowed():
            asks = [{"action": "models:Invoke", "objectId": public_id} for public_id in asked]
            sent = [here.script().post(f"{API}/permissions/explain", ask) for ask in asks]
            return [answer.json()["isAllowed"] for answer in sent]

        assert allowed() == [False, False]
        make_grant(project=here.project, provider=shared)
        assert allowed() == [True, True]
        AccessGrant.objects.all().delete()
        assert allowed() == [False, False]

    def test_who_leads_the_projects_object_is_who_may_ask_about_others(self, here, elsewhere):
        leads = make_member(elsewhere.project, Role.ADMIN)
        Membership.objects.add(here.project, leads, Role.VIEWER, by=None)
        ask = {
            "action": "aiProviders:GetAiProvider",
            "objectId": here.provider.public_id,
            "userId": elsewhere.friend.public_id,
        }

        answer = signed_in(leads).post(
            f"{API}/permissions/explain?projectId={elsewhere.project.public_id}", ask, format="json"
        )

        assert answer.status_code == 404
