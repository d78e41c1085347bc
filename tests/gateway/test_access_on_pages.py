"""Access grants are shown where they are about: on shared providers, people, groups, projects."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from providers.models import Provider
from tests.factories import make_agent, make_grant, make_model, make_provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(staff):
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_shared_provider_shows_who_may_call_it_and_lets_staff_give_access(browser, project):
    shared = Provider.objects.create(name="House", kind="openai")
    make_grant(project=project, provider=shared)

    page = browser.get(f"/admin/providers/provider/{shared.public_id}/detail/").content.decode()

    assert "Who may call its models" in page
    assert f"?on={shared.public_id}" in page
    assert "Take it back from Aurora" in page


def test_a_projects_own_provider_says_nothing_of_grants(browser, project):
    own = make_provider(project)

    page = browser.get(f"/admin/providers/provider/{own.public_id}/detail/").content.decode()

    assert "Who may call its models" not in page


def test_people_groups_and_projects_show_what_they_were_granted(browser, project, viewer):
    group = Group.objects.create(name="Analysts")
    viewer.groups.add(group)
    make_grant(user=viewer, model=make_model(project, slug="for-a-person"))
    make_grant(group=group, model=make_model(project, slug="for-a-group"))
    make_model(project, slug="for-the-project")

    pages = {
        f"/admin/accounts/user/{viewer.public_id}/change/": "for-a-person",
        "/admin/auth/group/Analysts/change/": "for-a-group",
        f"/admin/accounts/project/{project.public_id}/change/": "for-the-project",
    }
    for path, slug in pages.items():
        page = browser.get(path)
        assert page.status_code == 200, path
        assert slug in page.content.decode(), path


def test_staff_give_access_and_take_it_back_in_dialogs(browser, project):
    shared = Provider.objects.create(name="House", kind="openai")
    address = f"/admin/gateway/accessgrant/add/?on={shared.public_id}"

    form = browser.get(address).content.decode()
    refused = browser.post(address, {"project": ""})
    browser.post(address, {"project": project.public_id})
    grant = shared.access_grants.get()
    browser.post(f"/admin/gateway/accessgrant/{grant.public_id}/delete/")

    assert f'action="{address}"' in form
    assert refused.status_code == 422
    assert grant.project == project
    assert not shared.access_grants.exists()


def test_the_dialog_that_takes_a_grant_back_names_the_agents_that_lose_their_model(
    browser, project
):
    model = make_model(project, make_provider(project).default_model)
    make_agent(project, name="Scout", routing="facade", facade=model)

    page = browser.get(f"/admin/gateway/accessgrant/{model.grants.get().public_id}/delete/")

    assert "Scout" in page.content.decode()
