import pytest

from accounts.models import Project, Role, User
from accounts.services.first_start import ensure_first_admin, ensure_first_project
from tests.factories import make_project, make_staff, make_user

pytestmark = pytest.mark.django_db


def test_the_first_admin_gets_a_strong_password_that_is_told_once():
    first = ensure_first_admin("Admin@example.com", None)
    again = ensure_first_admin("admin@example.com", None)

    assert first.created
    assert first.password is not None
    assert len(first.password) >= 24
    assert User.objects.get(email="admin@example.com").check_password(first.password)
    assert (again.created, again.password, again.email) == (False, None, "admin@example.com")
    assert first.password not in repr(first)


def test_a_chosen_password_is_used_and_not_told():
    first = ensure_first_admin("admin@example.com", "a chosen password")

    assert (first.created, first.password) == (True, None)
    assert User.objects.get().check_password("a chosen password")
    assert User.objects.get().is_superuser


def test_an_existing_admin_keeps_everything_whatever_is_asked():
    make_staff(email="old@example.com", password="the old password")

    found = ensure_first_admin("new@example.com", "the new password")

    assert (found.created, found.email) == (False, "old@example.com")
    assert User.objects.get().check_password("the old password")


def test_a_known_person_becomes_staff_and_keeps_the_password():
    make_user(email="ada@example.com", password="the old password")

    found = ensure_first_admin("ada@example.com", "the new password")

    ada = User.objects.get()
    assert (found.created, found.password) == (False, None)
    assert ada.is_staff
    assert ada.check_password("the old password")


def test_the_first_project_is_called_default():
    admin = ensure_first_admin("admin@example.com", None).user

    project = ensure_first_project(admin)

    assert (project.name, project.slug) == ("Default", "default")
    assert project.role_of(admin) == Role.OWNER
    assert ensure_first_project(admin) == project
    assert Project.objects.count() == 1


def test_an_installation_with_projects_gets_no_other():
    project = make_project("Mine")

    assert ensure_first_project(make_staff()) == project
