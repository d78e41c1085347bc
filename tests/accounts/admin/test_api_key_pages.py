import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.authority import may
from accounts.models import ApiKey, AuditEvent
from accounts.presets import name_of
from accounts.principal import Principal
from tests.factories import make_key, make_project

pytestmark = pytest.mark.django_db


BEYOND = '[{"effect":"Allow","action":["projects:DeleteProject"],"resource":["*"]}]'


def page(name, key=None):
    return reverse(f"admin:accounts_apikey_{name}", args=[key.public_id] if key else [])


def form_of(project, **fields):
    return {
        "project": project.public_id,
        "name": "script",
        "rights": "everything",
        "policy": "",
        "expires_on": "",
        **fields,
    }


def test_a_new_keys_token_is_shown_once(browse, admin, project):
    browser = browse(admin)

    answer = browser.post(page("add"), form_of(project))

    shown = re.search(r"axk_[\w-]{43}", answer.content.decode())
    assert shown
    key = ApiKey.objects.with_token(shown[0]).get()
    assert (key.project, key.created_by, key.policy) == (project, admin, None)
    assert "no-store" in answer["Cache-Control"]
    for name, row in (("change", key), ("changelist", None)):
        assert shown[0] not in browser.get(page(name, row)).content.decode()
    assert shown[0] not in str(list(browser.session.items()))
    assert shown[0] not in str(browser.cookies)


def test_a_key_takes_a_policy_and_an_end(browse, admin, project):
    policy = [{"effect": "Allow", "action": ["aiProviders:*"], "resource": ["*"]}]
    fields = {"rights": "custom", "policy": json.dumps(policy), "expires_on": "2030-01-02"}

    browse(admin).post(page("add"), form_of(project, **fields))

    key = ApiKey.objects.get()
    assert key.policy == policy
    assert key.expires_at is not None
    assert key.expires_at.isoformat() == "2030-01-02T23:59:59.999999+00:00"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "required"),
        ({"rights": "custom"}, "Write a policy"),
        ({"rights": "custom", "policy": "{"}, "not valid JSON"),
        ({"rights": "custom", "policy": "{}"}, "A policy is a list"),
        ({"rights": "custom", "policy": BEYOND}, "its creator may not"),
        ({"expires_on": "2020-01-01"}, "That day is over"),
    ],
)
def test_what_does_not_do_is_said_at_its_field(browse, admin, project, fields, said):
    answer = browse(admin).post(page("add"), form_of(project, **fields))

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("rights", "may_do", "may_not"),
    [
        ("everything", "apiKeys:CreateApiKey", ""),
        ("gateway", "models:Invoke", "aiProviders:ListAiProviders"),
        ("reading", "aiProviders:ListAiProviders", "aiProviders:CreateAiProvider"),
    ],
)
def test_rights_are_chosen_by_name(browse, admin, project, rights, may_do, may_not):
    browser = browse(admin)

    browser.post(page("add"), form_of(project, rights=rights))

    key = ApiKey.objects.get()
    principal = Principal.of_key(key, now=timezone.now())
    assert may(principal, may_do, project=project)
    assert not may_not or not may(principal, may_not, project=project)
    assert name_of(key.policy) in browser.get(page("changelist")).content.decode()


def test_revoking_asks_first(browse, admin, project):
    key, _ = make_key(project)

    asked = browse(admin).get(page("revoke", key)).content.decode()

    key.refresh_from_db()
    assert "is refused from its next call on" in asked
    assert key.revoked_at is None


def test_no_key_is_made_for_a_project_that_one_may_not_add_to(browse, admin, viewer, project):
    foreign = make_project()

    answer = browse(admin).post(page("add"), form_of(foreign))

    assert answer.status_code == 422
    assert "valid choice" in answer.content.decode()
    assert foreign.name not in browse(admin).get(page("add")).content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_is_revoked_by_a_button(browse, admin, project):
    key, _ = make_key(project)
    browser = browse(admin)
    assert "Revoke this key" in browser.get(page("change", key)).content.decode()

    browser.post(page("revoke", key))

    key.refresh_from_db()
    assert key.revoked_at
    assert "Revoke this key" not in browser.get(page("change", key)).content.decode()
    assert AuditEvent.objects.get(action="apiKeys:RevokeApiKey").actor_id == admin.public_id


def test_a_viewer_is_shown_no_button(browse, viewer, project):
    key, _ = make_key(project)

    assert "Revoke this key" not in browse(viewer).get(page("change", key)).content.decode()


def test_nothing_of_a_key_is_edited(browse, owner, project):
    key, _ = make_key(project)

    answer = browse(owner).post(page("change", key), form_of(project, name="renamed"))

    key.refresh_from_db()
    assert answer.status_code == 403
    assert key.name == "script"


def test_the_list_says_why_a_key_does_not_work(browse, owner, project):
    now = timezone.now()
    make_key(project)[0].revoke(by=owner, at=now)
    make_key(project, expires_at=now - timedelta(days=1))
    make_key(project)

    shown = browse(owner).get(page("changelist")).content.decode()

    assert all(word in shown for word in ("revoked", "expired", "active"))


def test_a_list_shows_the_current_project_alone(browse, owner, project):
    other = make_project(owner=owner)
    here, there = make_key(project)[0], make_key(other)[0]
    browser = browse(owner)

    first = browser.get(f"{page('changelist')}?project={project.public_id}").content.decode()
    second = browser.get(f"{page('changelist')}?project={other.public_id}").content.decode()
    everything = browser.get(f"{page('changelist')}?project=all").content.decode()

    assert (here.public_id in first, there.public_id in first) == (True, False)
    assert (here.public_id in second, there.public_id in second) == (False, True)
    assert (here.public_id in everything, there.public_id in everything) == (True, True)


def test_a_link_works_whatever_the_current_project_is(browse, owner, project):
    other = make_project(owner=owner)
    key, _ = make_key(other)
    browser = browse(owner)

    browser.get(f"{page('changelist')}?project={project.public_id}")

    assert browser.get(page("change", key)).status_code == 200


def test_a_strangers_project_can_not_be_switched_to(browse, owner, project):
    foreign = make_project()

    answer = browse(owner).get(f"{page('changelist')}?project={foreign.public_id}")

    assert answer.status_code == 404
