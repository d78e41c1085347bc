"""Test all and import into all: one request, one operation that counts how far they are."""

import pytest

from accounts.models import Role
from accounts.permissions import API
from providers.models import Operation, Provider
from tests.axiom.api.world import with_token
from tests.factories import make_key, make_provider

pytestmark = pytest.mark.django_db

TEST = f"{API}/ai-providers/test-all"
IMPORT = f"{API}/ai-providers/import-all"
BOTH = pytest.mark.parametrize("path", [TEST, IMPORT])


@pytest.fixture
def script(here):
    # The world's own test of one model would be joined, and is not what this is about.
    Operation.objects.all().delete()
    return here.script()


def parts_of(answer):
    return Operation.objects.get(public_id=answer.json()["id"]).parts


@pytest.mark.parametrize(
    ("path", "verb", "total"), [(TEST, "test_several", 5), (IMPORT, "import_several", 2)]
)
def test_every_active_provider_of_the_own_project_is_seen_to(
    here, elsewhere, script, path, verb, total
):
    make_provider(here.project, models=("a", "b"))
    make_provider(here.project, models=("c",), status="disabled")

    answer = script.post(path)

    assert answer.status_code == 202, answer.content
    assert (answer.json()["verb"], answer.json()["total"]) == (verb, total)
    assert answer.json()["projectId"] == here.project.public_id
    assert parts_of(answer).count() == total


@pytest.mark.parametrize(("path", "total"), [(TEST, 2), (IMPORT, 1)])
def test_only_those_that_are_named_are_seen_to(here, script, path, total):
    other = make_provider(here.project, models=("a", "b"))

    answer = script.post(path, {"providerIds": [other.public_id]})

    assert answer.json()["total"] == total


def test_providers_whose_models_have_names_of_their_own_are_imported_into_where_named_alone(
    here, script
):
    azure = make_provider(here.project, kind="azure", models=("mine",))

    of_all = script.post(IMPORT).json()["total"]
    script.post(f"{API}/operations/{Operation.objects.get(whole=None).public_id}/cancel")
    named = script.post(IMPORT, {"providerIds": [azure.public_id]}).json()["total"]

    assert (of_all, named) == (1, 1)


@BOTH
def test_a_strangers_provider_does_not_exist(elsewhere, script, path):
    answer = script.post(path, {"providerIds": [elsewhere.provider.public_id]})

    assert answer.status_code == 400
    assert list(answer.json()["error"]["meta"]["fields"]) == ["providerIds"]


@BOTH
def test_asked_again_the_work_under_way_is_joined(script, path):
    first, second = script.post(path), script.post(path)

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json()["id"] == first.json()["id"]


@BOTH
def test_cancelled_it_ends_with_all_its_parts(script, path):
    begun = script.post(path)

    cancelled = script.post(f"{API}/operations/{begun.json()['id']}/cancel")

    assert cancelled.json()["state"] == "cancelled"
    assert set(parts_of(begun).values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.parametrize(
    ("path", "code"), [(TEST, "NOTHING_TO_TEST"), (IMPORT, "NOTHING_TO_IMPORT")]
)
def test_where_nothing_is_left_to_do_that_is_said(here, script, path, code):
    Provider.objects.filter(project=here.project).update(status="disabled")

    answer = script.post(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, code)


@pytest.mark.parametrize(
    ("path", "denied", "total"),
    [(TEST, "aiProviders:TestAiProvider", 3), (IMPORT, "aiProviders:ImportCatalog", 1)],
)
def test_a_key_sees_to_the_providers_alone_that_its_policy_lets_it(
    here, script, path, denied, total
):
    other = make_provider(here.project, models=("a",))
    policy = [
        {"effect": "Allow", "action": ["aiProviders:*", "operations:*"], "resource": ["*"]},
        {"effect": "Deny", "action": [denied], "resource": [other.public_id]},
    ]
    _, token = make_key(here.project, created_by=here.people[Role.OWNER], policy=policy)

    answer = with_token(token).post(path)

    assert answer.json()["total"] == total
