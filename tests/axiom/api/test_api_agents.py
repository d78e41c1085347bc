"""What agents, models and grants do over REST that no other resource does."""

import pytest

from accounts.models import AuditEvent, Role
from accounts.permissions import API
from gateway.models import AccessGrant, Agent, AgentToken
from tests.axiom.api.world import signed_in
from tests.factories import make_agent, make_member, make_project, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def script(here):
    return here.script()


def error_of(answer):
    return answer.json()["error"]


def test_a_token_is_told_once_and_a_repeat_tells_it_as_null(script):
    draft = {"name": "New", "agentType": "claude-code"}
    name = {"HTTP_IDEMPOTENCY_KEY": "one"}

    first = script.post(f"{API}/agents", draft, **name)
    again = script.post(f"{API}/agents", draft, **name)

    token = first.json()["token"]
    assert AgentToken.objects.with_token(token).get().agent.public_id == first.json()["id"]
    assert again.json() == first.json() | {"token": None}
    assert "token" not in script.get(f"{API}/agents/{first.json()['id']}").json()


def test_a_rotation_tells_the_new_token_and_what_works_beside_it(here, script):
    path = f"{API}/agents/{here.agent.public_id}"

    told = script.post(f"{path}/rotate", {"overlapS": 3600})

    assert told.status_code == 200, told.content
    assert told.json()["token"].startswith("axa_")
    prefixes = [row["worksUntil"] for row in told.json()["tokens"]]
    assert prefixes[0] is None
    assert prefixes[1] is not None


def test_a_pinned_agent_keeps_its_provider_by_name_and_count(here, script):
    model = here.model
    for number in range(3):
        make_agent(here.project, name=f"Pin {number}", routing="pinned", pinned_model=model)
    path = f"{API}/ai-providers/{here.provider.public_id}"
    routing = here.project.routing
    routing.active_model = None
    routing.save()

    impact = script.get(f"{path}/impact").json()
    refused = script.delete(path)

    assert refused.status_code == 409
    assert error_of(refused)["code"] == "AI_PROVIDER_HAS_DEPENDENTS"
    assert error_of(refused)["meta"]["count"] == 3
    assert "“Pin 0”" in error_of(refused)["message"]
    agents = next(group for group in impact["dependents"] if group["what"] == "agents")
    assert (agents["effect"], agents["count"]) == ("refuse", 3)
    backends = next(group for group in impact["dependents"] if group["what"] == "backends")
    assert backends["named"][0]["note"] == "left without a usable backend"


def test_a_wrong_choice_is_told_at_its_field(here, elsewhere, script):
    path = f"{API}/agents/{here.agent.public_id}"

    missing = script.patch(path, {"routing": "pinned"})
    strange = script.patch(path, {"routing": "pinned", "pinnedModelId": elsewhere.model.public_id})

    assert "pinnedModelId" in error_of(missing)["meta"]["fields"]
    assert "pinnedModelId" in error_of(strange)["meta"]["fields"]
    assert Agent.objects.get(pk=here.agent.pk).routing == "inherit"


def test_backends_are_replaced_as_a_whole(here, script):
    path = f"{API}/models/{here.facade.public_id}"
    wanted = {"providerModelId": here.model.public_id, "priority": 2, "weight": 5}

    told = script.patch(path, {"backends": [wanted]})

    assert told.status_code == 200, told.content
    rows = told.json()["backends"]
    assert [(row["providerModelId"], row["weight"]) for row in rows] == [(here.model.public_id, 5)]


def test_an_active_model_is_not_left_without_a_backend(here, script):
    path = f"{API}/models/{here.facade.public_id}"

    refused = script.patch(path, {"backends": []})

    assert (refused.status_code, error_of(refused)["code"]) == (409, "NO_USABLE_BACKEND")
    assert script.patch(path, {"status": "disabled"}).json()["status"] == "disabled"
    assert script.patch(path, {"backends": []}).status_code == 200


class TestGrants:
    def test_an_admin_grants_a_members_and_takes_it_back(self, here):
        admin = here.client(Role.ADMIN)
        body = {"modelId": here.facade.public_id, "userId": here.friend.public_id}
        path = f"{API}/access-grants?projectId={here.project.public_id}"

        given = admin.post(path, body)

        assert given.status_code == 201, given.content
        assert AuditEvent.objects.filter(action="accessGrants:CreateAccessGrant").exists()
        gone = admin.delete(f"{API}/access-grants/{given.json()['id']}")
        assert gone.status_code == 204
        assert not AccessGrant.objects.filter(user=here.friend).exists()

    def test_nobody_grants_to_strangers_or_across_projects(self, here, elsewhere):
        owner = here.client(Role.OWNER)
        path = f"{API}/access-grants?projectId={here.project.public_id}"
        model = here.facade.public_id

        for body in (
            {"modelId": model, "userId": elsewhere.friend.public_id},
            {"modelId": model, "projectId": elsewhere.project.public_id},
            {"modelId": elsewhere.facade.public_id, "userId": here.friend.public_id},
            {"modelId": model, "group": "Analysts"},
        ):
            assert owner.post(path, body).status_code == 400, body

    def test_only_staff_lend_what_is_shared(self, here):
        staff, owner = signed_in(make_staff()), here.client(Role.OWNER)
        shared = staff.post(f"{API}/models", {"projectId": None, "slug": "house"}).json()["id"]
        body = {"modelId": shared, "projectId": here.project.public_id}

        refused = owner.post(f"{API}/access-grants?projectId={here.project.public_id}", body)
        given = staff.post(f"{API}/access-grants", body)

        assert refused.status_code == 400  # it does not exist for them yet
        assert given.status_code == 201, given.content
        assert owner.get(f"{API}/models/{shared}").status_code == 200
        taken = owner.delete(f"{API}/access-grants/{given.json()['id']}")
        assert taken.status_code == 403

    def test_a_shared_model_is_nothing_to_whom_it_was_not_granted(self):
        staff = signed_in(make_staff())
        shared = staff.post(f"{API}/models", {"projectId": None, "slug": "house"}).json()["id"]
        member = make_member(make_project(), Role.OWNER)

        assert signed_in(member).get(f"{API}/models/{shared}").status_code == 404
