import pytest
from django.urls import reverse

from accounts.models import AuditEvent, KeyEncryptionKey, Membership, Project, Role
from tests.factories import make_member, make_project, make_provider, make_user
from tests.providers.admin.addresses import text_of

pytestmark = pytest.mark.django_db


def page(name, project=None):
    return reverse(f"admin:accounts_project_{name}", args=[project.public_id] if project else [])


def form_of(project, *members, name=None):
    """Fill the page in as a browser would: the name, and a row for each member."""
    fields = {
        "name": name or project.name,
        "memberships-TOTAL_FORMS": len(members),
        "memberships-INITIAL_FORMS": sum("id" in member for member in members),
    }
    for number, member in enumerate(members):
        fields |= {f"memberships-{number}-{field}": value for field, value in member.items()}
    return fields


def row_of(user, project, role=None, **more):
    membership = Membership.objects.get(user=user, project=project)
    own = {"id": membership.pk, "project": project.pk, "role": role or membership.role}
    return own | more


def test_staff_start_a_project_and_own_it(browse, staff):
    answer = browse(staff).post(page("add"), {"name": "Borealis"})

    project = Project.objects.get(slug="borealis")
    assert answer.status_code == 302
    assert project.role_of(staff) == Role.OWNER
    assert AuditEvent.objects.filter(action="projects:CreateProject").count() == 1


def test_an_admin_renames_the_project(browse, admin, project):
    browse(admin).post(page("change", project), form_of(project, name="Borealis"))

    project.refresh_from_db()
    assert (project.name, project.slug) == ("Borealis", "aurora")


def test_a_member_is_added_by_email(browse, admin, project):
    newcomer = make_user(email="ada@example.com")

    browse(admin).post(
        page("change", project),
        form_of(project, {"email": "ADA@example.com", "role": "editor", "project": project.pk}),
    )

    assert project.role_of(newcomer) == Role.EDITOR


def test_nobody_is_added_who_is_not_there(browse, admin, project):
    answer = browse(admin).post(
        page("change", project),
        form_of(project, {"email": "ghost@example.com", "role": "editor", "project": project.pk}),
    )

    assert "Nobody active has this address" in answer.content.decode()


def test_a_role_is_changed_and_a_member_removed(browse, owner, project, viewer, editor):
    browse(owner).post(
        page("change", project),
        form_of(project, row_of(viewer, project, "admin"), row_of(editor, project, DELETE="on")),
    )

    assert project.role_of(viewer) == Role.ADMIN
    assert project.role_of(editor) is None


def test_the_last_owner_stays_and_everything_with_them(browse, staff, project, owner, viewer):
    answer = browse(staff).post(
        page("change", project),
        form_of(
            project,
            row_of(viewer, project, "admin"),
            row_of(owner, project, "viewer"),
            name="Borealis",
        ),
        follow=True,
    )

    project.refresh_from_db()
    assert "last active owner" in answer.content.decode()
    assert (project.name, project.role_of(owner)) == ("Aurora", Role.OWNER)
    assert project.role_of(viewer) == Role.VIEWER


def test_an_admin_does_not_make_an_owner(browse, admin, project, viewer):
    answer = browse(admin).post(
        page("change", project), form_of(project, row_of(viewer, project, "owner")), follow=True
    )

    assert "Only an owner" in answer.content.decode()
    assert project.role_of(viewer) == Role.VIEWER


def test_a_viewer_sees_the_members_and_can_not_touch_them(browse, viewer, owner, project):
    shown = browse(viewer).get(page("change", project)).content.decode()

    assert owner.email in shown
    assert 'name="memberships-0-role"' not in shown


def test_members_of_another_project_are_not_shown(browse, owner, project):
    foreign = make_member(make_project(owner=owner))

    assert foreign.email not in browse(owner).get(page("change", project)).content.decode()


def test_archiving_and_restoring_is_one_button(browse, owner, project):
    browser = browse(owner)

    browser.post(page("archive", project))
    project.refresh_from_db()
    assert project.is_archived
    assert "Restore this project" in browser.get(page("change", project)).content.decode()

    browser.post(page("archive", project))
    project.refresh_from_db()
    assert not project.is_archived


@pytest.mark.parametrize("typed", ["", "aurora"])
def test_deleting_asks_for_the_name(browse, owner, project, typed):
    kek = KeyEncryptionKey.objects.current_for(project)

    shown = browse(owner).get(page("delete", project))
    answer = browse(owner).post(page("delete", project), {"typed_name": typed})

    kek.refresh_from_db()
    assert "Type the project" in shown.content.decode()
    assert answer.status_code == 200
    assert "exactly as it is" in answer.content.decode()
    assert kek.is_openable


def test_what_would_go_along_is_named_before_a_project_is_deleted(browse, owner, project):
    make_provider(project, name="Main", models=("m1", "m2"))

    asked = text_of(browse(owner).get(page("delete", project)))
    looked = text_of(browse(owner).get(page("impact", project)))

    for said in (asked, looked):
        assert "Goes along" in said
        assert "1 provider : Main" in said
        assert "2 models : m1 , m2" in said
        assert "No requests in the last 7 days." in said


@pytest.mark.django_db(transaction=True)
def test_an_owner_deletes_the_project_by_typing_its_name(browse, owner, project):
    KeyEncryptionKey.objects.current_for(project)

    answer = browse(owner).post(page("delete", project), {"typed_name": "Aurora"})

    assert answer.status_code == 302
    assert not Project.objects.exists()
    assert not KeyEncryptionKey.objects.filter(destroyed_at=None, project__isnull=False).exists()


def test_many_projects_are_never_deleted_at_once(browse, staff, project):
    shown = browse(staff).get(page("changelist")).content.decode()

    assert "delete_selected" not in shown
