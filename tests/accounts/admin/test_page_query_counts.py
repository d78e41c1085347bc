"""No list asks the database more often as it grows."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from tests.factories import make_invitation, make_key, make_member, make_project

pytestmark = pytest.mark.django_db


def queries_of(browser, where):
    browser.get(where)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(where).status_code == 200
    return len(asked)


LISTS = ("project", "apikey", "auditevent", "user", "membership", "invitation")


@pytest.mark.parametrize("page", LISTS)
@pytest.mark.parametrize("reader", ["staff", "owner"])
def test_a_list_costs_the_same_with_one_row_and_with_many(request, browse, project, page, reader):
    person = request.getfixturevalue(reader)
    if page == "user" and reader == "owner":
        person.make_staff(by=None)
    browser, where = browse(person), reverse(f"admin:accounts_{page}_changelist")
    make_key(project)
    make_invitation(project, by=person)
    before = queries_of(browser, where)

    for _ in range(6):
        make_key(project)
        make_project(owner=person)
        make_member(project)
        make_invitation(project, by=person)

    assert queries_of(browser, where) == before


def test_the_groups_cost_the_same_with_many(browse, staff, project):
    browser, where = browse(staff), reverse("admin:auth_group_changelist")
    Group.objects.create(name="First")
    before = queries_of(browser, where)

    for number in range(5):
        Group.objects.create(name=f"Group {number}").user_set.add(make_member(project))

    assert queries_of(browser, where) == before


def test_a_projects_page_costs_the_same_with_many_members(browse, project, owner):
    browser = browse(owner)
    where = reverse("admin:accounts_project_change", args=[project.public_id])
    make_member(project)
    before = queries_of(browser, where)

    for role in (Role.EDITOR, Role.ADMIN, Role.OWNER, Role.VIEWER):
        make_member(project, role)

    assert queries_of(browser, where) == before
