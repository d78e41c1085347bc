"""Members and invitations, as each role meets them."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import Invitation, Membership, Role
from tests.factories import make_invitation, make_key, make_member, make_project, make_staff

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/membership/"
INVITATIONS = "/admin/accounts/invitation/"
ADD = f"{INVITATIONS}add/"
DIALOG = {"HX-Request": "true", "HX-Target": "dialog"}


def of_member(name, project, user):
    return reverse(f"admin:accounts_membership_{name}", args=[project.public_id, user.public_id])


def of_invitation(name, invitation):
    return reverse(f"admin:accounts_invitation_{name}", args=[invitation.public_id])


def reasons(page, name):
    """Give why each item of somebody's menu is grey."""
    menu = page.partition(f'role="menu" aria-label="Actions for {name}"')[2].partition("</div>\n")[
        0
    ]
    return re.findall(r"<small>([^<]+)</small>", menu)


def test_a_viewer_sees_who_is_there_and_no_invitations(browse, viewer, owner, project):
    make_invitation(project, email="guest@example.com")

    shown = browse(viewer).get(LIST).content.decode()

    assert owner.email in shown
    assert "guest@example.com" not in shown
    assert "Invite somebody" not in shown
    assert reasons(shown, owner.email)[0] == "Needs the role admin or above."


def test_members_of_other_projects_are_not_listed(browse, admin, project, owner):
    foreign = make_member(make_project(owner=owner))

    assert foreign.email not in browse(admin).get(LIST).content.decode()


def test_the_list_is_searched_and_narrowed(browse, admin, project, viewer):
    browser = browse(admin)

    found = browser.get(LIST, {"q": viewer.email[:9]}).content.decode()
    narrowed = browser.get(LIST, {"role__exact": "owner"}).content.decode()

    assert viewer.email in found
    assert viewer.email not in narrowed


def test_an_admin_changes_a_role(browse, admin, project, viewer):
    browser, where = browse(admin), of_member("role", project, viewer)

    asked = browser.get(where, headers=DIALOG).content.decode()
    answer = browser.post(where, {"role": "editor"}, follow=True)

    assert 'value="owner"' not in asked
    assert project.role_of(viewer) == Role.EDITOR
    assert "is editor of" in answer.content.decode()


def test_removing_somebody_says_what_stops(browse, owner, project, admin):
    make_key(project, created_by=admin)
    browser, where = browse(owner), of_member("remove", project, admin)

    asked = browser.get(where).content.decode()
    browser.post(where)

    assert "API key stops" in asked
    assert project.role_of(admin) is None


def test_the_last_owner_and_oneself_stay(browse, admin, owner, project, staff):
    browser = browse(owner)

    shown = browser.get(LIST).content.decode()
    answer = browser.post(of_member("remove", project, owner), follow=True)
    of_staff = browse(staff).post(of_member("remove", project, owner), follow=True)

    assert "Nobody demotes or removes themselves" in reasons(shown, owner.email)[0]
    assert "Nobody can demote or remove themselves" in answer.content.decode()
    assert "last owner" in of_staff.content.decode()
    assert project.role_of(owner) == Role.OWNER


def test_an_admin_touches_no_owner(browse, admin, owner, project):
    make_member(project, Role.OWNER)

    shown = browse(admin).get(LIST).content.decode()
    answer = browse(admin).post(of_member("remove", project, owner), follow=True)

    assert reasons(shown, owner.email)[0] == "Only an owner changes who owns a project."
    assert "Only an owner" in answer.content.decode()


@pytest.mark.parametrize("page", ["role", "remove"])
def test_member_pages_are_walled(browse, viewer, stranger, project, owner, page):
    where = of_member(page, project, owner)

    assert browse(stranger).get(where).status_code == 404
    assert browse(stranger).post(where).status_code == 404
    assert browse(viewer).get(where).status_code == 403
    assert browse(viewer).post(where).status_code == 403


def test_an_admin_invites_by_mail(browse, admin, project):
    answer = browse(admin).post(
        ADD,
        {"email": "New@example.com", "role": "editor", "project": project.public_id},
        follow=True,
    )

    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role) == ("new@example.com", Role.EDITOR)
    assert (invitation.project, invitation.invited_by) == (project, admin)
    assert mail.outbox[0].to == ["new@example.com"]
    shown = answer.content.decode()
    assert "new@example.com is invited." in shown
    assert "token=" not in shown


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "nobody"}, "valid email"),
        ({"email": "taken@example.com"}, "member already"),
        ({"email": "asked@example.com"}, "invited already"),
        ({"role": "owner"}, "not one of the available choices"),
    ],
)
def test_what_does_not_do_is_said_and_nothing_typed_is_lost(browse, admin, project, fields, said):
    make_member(project, email="taken@example.com")
    make_invitation(project, email="asked@example.com")
    typed = {"email": "new@example.com", "role": "editor", "project": project.public_id} | fields

    answer = browse(admin).post(ADD, typed, headers=DIALOG)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert f'value="{typed["email"]}"' in answer.content.decode()
    assert mail.outbox == []


def test_nobody_invites_into_a_project_that_is_not_theirs(browse, admin, project):
    foreign = make_project()

    answer = browse(admin).post(
        ADD, {"email": "new@example.com", "role": "viewer", "project": foreign.public_id}
    )

    assert answer.status_code == 422
    assert not Invitation.objects.exists()


def test_staff_choose_the_project_when_they_look_at_all(browse, staff, project):
    other = make_project("Boreal")
    browser = browse(staff)
    browser.post("/admin/choose-project/", {"project": "all"})

    shown = browser.get(ADD).content.decode()
    browser.post(ADD, {"email": "new@example.com", "role": "owner", "project": other.public_id})

    assert "Aurora" in shown
    assert Invitation.objects.get().project == other


def test_an_invitation_is_resent_and_revoked_from_its_row(browse, admin, project):
    invitation, token = make_invitation(project)
    browser = browse(admin)

    browser.post(of_invitation("resend", invitation))
    asked = browser.get(of_invitation("revoke", invitation)).content.decode()
    browser.post(of_invitation("revoke", invitation))

    assert len(mail.outbox) == 1
    assert not Invitation.objects.with_token(token).exists()
    assert invitation.email in asked
    assert Invitation.objects.get().revoked_at
    assert "revoked" in browser.get(INVITATIONS).content.decode()
    again = browser.post(of_invitation("resend", invitation), follow=True)
    assert "taken back" in again.content.decode()


def test_invitations_are_walled(browse, viewer, stranger, project):
    invitation, _ = make_invitation(project)

    assert browse(viewer).get(INVITATIONS).status_code == 404
    assert browse(viewer).get(ADD).status_code == 404
    for page in ("resend", "revoke"):
        assert browse(viewer).post(of_invitation(page, invitation)).status_code == 404
        assert browse(stranger).post(of_invitation(page, invitation)).status_code == 404
    listed = browse(stranger).get(INVITATIONS).content.decode()
    assert invitation.email not in listed
    assert browse(make_staff()).get(of_invitation("resend", invitation)).status_code == 405


def test_the_members_list_costs_the_same_with_many(
    browse, admin, project, django_assert_max_num_queries
):
    browser = browse(admin)
    for number in range(8):
        make_member(project, Role.OWNER if number % 2 else Role.VIEWER)
        make_invitation(project)

    browser.get(LIST)
    with django_assert_max_num_queries(15):
        browser.get(LIST)
    assert Membership.objects.filter(project=project).count() == 10
