"""Who may do what in the dialog: every role × every action, as the registry of permissions says."""

from dataclasses import dataclass

import pytest

from accounts.models import Role
from accounts.permissions import PERMISSIONS
from providers.models import Provider, TermsAcceptance
from providers.services import connections
from tests.factories import make_catalog_entry, make_provider, make_secret
from tests.providers.admin.addresses import HTMX, IN_DIALOG, provider_url

pytestmark = pytest.mark.django_db

ROLES = {"viewer": Role.VIEWER, "editor": Role.EDITOR, "admin": Role.ADMIN, "owner": Role.OWNER}
PEOPLE = (*ROLES, "stranger", "staff")
OK, AWAY, FORBIDDEN, UNKNOWN, REFUSED = 200, 302, 403, 404, 422
ADD, EDIT = "add", "change"


@dataclass(frozen=True)
class Action:
    """What is sent where, what one must be allowed for it, and what a member sees who is not."""

    page: str
    needs: str
    fields: dict
    refused: int = FORBIDDEN


def sends(page, needs, refused=FORBIDDEN, **fields):
    plain = {"name": "From the table", "kind": "openai", "degraded_threshold_ms": "5000"}
    return Action(page, f"aiProviders:{needs}", plain | fields, refused)


ACTIONS = {
    "open the form of a new one": Action(ADD, "aiProviders:CreateAiProvider", {}),
    "choose a type": sends(ADD, "CreateAiProvider", _follow="1"),
    "fetch models before saving": sends(ADD, "ListLiveModels", _fetch="1", api_key="sk-typed"),
    "add": sends(ADD, "CreateAiProvider", api_key="sk-typed-0123456789"),
    "add with a stored key": sends(ADD, "CreateAiProvider", credential_from="stored"),
    "share with every project": sends(
        ADD, "AcceptTerms", refused=UNKNOWN, owner="shared", api_key="sk-typed-0123456789"
    ),
    "accept a vendor's terms": sends(
        ADD,
        "AcceptTerms",
        refused=REFUSED,
        kind="claude-sdk",
        oauth_token="sk-ant-oat01-0123456789",
        accept_terms="on",
    ),
    "open the form of one": Action(EDIT, "aiProviders:UpdateAiProvider", {}, refused=AWAY),
    "choose another type": sends(EDIT, "UpdateAiProvider", _follow="1"),
    "fetch models of one": sends(EDIT, "ListLiveModels", _fetch="1"),
    "save": sends(EDIT, "UpdateAiProvider", more_models="m1"),
}


@pytest.fixture(autouse=True)
def _live_list(monkeypatch):
    monkeypatch.setattr(connections, "live_models", lambda *_where, **_when: ())


@pytest.fixture
def provider(project):
    make_catalog_entry("gpt-a")
    return make_provider(project, name="Main", models=("m1",), secret=make_secret(project))


def expected(person, action):
    if person == "staff" or PERMISSIONS[action.needs].is_held_by(ROLES.get(person)):
        return OK
    if person == "stranger":
        return UNKNOWN
    # Whoever may not even begin is told so before anything that they sent is read.
    may_begin = PERMISSIONS["aiProviders:CreateAiProvider"].is_held_by(ROLES[person])
    return action.refused if action.page == EDIT or may_begin else FORBIDDEN


def perform(browser, action, provider):
    project = provider.project.public_id
    where = provider_url(action.page, provider if action.page == EDIT else None)
    if not action.fields:
        asked = {"project": project} if action.page == ADD else {}
        return browser.get(where, asked, headers=IN_DIALOG)
    chosen = {"secret": provider.secret.public_id} if "credential_from" in action.fields else {}
    return browser.post(where, {"owner": project} | chosen | action.fields, headers=HTMX)


@pytest.mark.parametrize("words", ACTIONS)
@pytest.mark.parametrize("person", PEOPLE)
def test_the_dialog_lets_each_role_do_what_the_registry_says(
    request, browse, provider, person, words
):
    action = ACTIONS[words]
    before = Provider.objects.values_list("name", "secret", "project").get()

    answer = perform(browse(request.getfixturevalue(person)), action, provider)

    assert answer.status_code == expected(person, action)
    if answer.status_code != OK:
        assert Provider.objects.values_list("name", "secret", "project").get() == before
        assert not TermsAcceptance.objects.exists()


def test_every_action_of_the_dialog_is_in_the_registry():
    assert {action.needs for action in ACTIONS.values()} <= PERMISSIONS.keys()
