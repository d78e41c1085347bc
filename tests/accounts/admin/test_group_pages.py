import pytest
from django.contrib.auth.models import Group

from accounts import grants
from accounts.authority import may
from accounts.models import AuditEvent
from tests.factories import make_provider

pytestmark = pytest.mark.django_db

LIST = "/admin/auth/group/"


def test_staff_make_a_group_whose_people_share_its_grants(browse, staff, project, stranger):
    provider = make_provider(project)

    browse(staff).post(f"{LIST}add/", {"name": "Analysts", "people": stranger.email.upper()})
    grants.grant(Group.objects.get(), "view", provider)

    assert list(stranger.groups.values_list("name", flat=True)) == ["Analysts"]
    assert may(stranger, "aiProviders:GetAiProvider", provider)
    assert AuditEvent.objects.filter(action="groups:CreateGroup").count() == 1


def test_taking_somebody_out_takes_the_grants_along(browse, staff, project, stranger):
    group, provider = Group.objects.create(name="Analysts"), make_provider(project)
    group.user_set.add(stranger)
    grants.grant(group, "view", provider)

    shown = browse(staff).get(f"{LIST}Analysts/change/").content.decode()
    browse(staff).post(f"{LIST}Analysts/change/", {"name": "Analysts", "people": ""})

    assert stranger.email in shown
    assert not may(stranger, "aiProviders:GetAiProvider", provider)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"people": "ghost@example.com"}, "Nobody has this address: ghost@example.com."),
        ({"name": "a/b"}, "Use letters"),
        ({"name": "Taken"}, "already exists"),
    ],
)
def test_what_does_not_do_is_said_at_its_field(browse, staff, fields, said):
    Group.objects.create(name="Taken")

    answer = browse(staff).post(f"{LIST}add/", {"name": "New", "people": ""} | fields)

    assert said in answer.content.decode()
    assert Group.objects.count() == 1


def test_groups_are_for_staff_alone(browse, owner, project):
    Group.objects.create(name="Analysts")

    for page in (LIST, f"{LIST}add/", f"{LIST}Analysts/change/", f"{LIST}Analysts/delete/"):
        assert browse(owner).get(page).status_code == 404
        assert browse(owner).post(page).status_code == 404
