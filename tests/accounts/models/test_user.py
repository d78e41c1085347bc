import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Upper

from accounts.models import ApiKey, AuditEvent, Epoch, Project, Role, User, UserStatus
from accounts.refusals import Refused
from tests.factories import make_key, make_member, make_project, make_staff, make_user

pytestmark = pytest.mark.django_db


def test_an_email_is_kept_and_found_in_lowercase():
    user = make_user(email="Ada@Example.COM")

    assert user.email == "ada@example.com"
    assert User.objects.get(email="ADA@example.com") == user
    assert User.objects.get_by_natural_key("aDa@example.com") == user


def test_two_people_never_share_an_address_whatever_its_case():
    make_user(email="ada@example.com")

    with pytest.raises(ValidationError, match="already has this email"):
        make_user(email="ADA@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        User(email="Ada@Example.com").save()


def test_the_database_itself_refuses_an_address_in_capitals(viewer):
    with pytest.raises(IntegrityError, match="user_email_is_lowercase"), transaction.atomic():
        User.objects.filter(pk=viewer.pk).update(email=Upper("email"))


def test_staff_are_superusers_and_nobody_else_is(viewer):
    with pytest.raises(IntegrityError, match="user_staff_is_superuser"), transaction.atomic():
        User.objects.filter(pk=viewer.pk).update(is_staff=True)


def test_a_person_without_a_password_can_not_sign_in(client, rf):
    make_user(email="ada@example.com")

    assert not client.login(request=rf.post("/"), username="ada@example.com", password="")


@pytest.mark.parametrize("status", [UserStatus.INVITED, UserStatus.SUSPENDED])
def test_only_active_people_sign_in(client, rf, status):
    user = make_user(email="ada@example.com", password="a long enough one", status=status)

    assert not user.is_active
    assert not client.login(
        request=rf.post("/"), username="ada@example.com", password="a long enough one"
    )


def test_a_suspended_persons_keys_stop_at_once_and_their_history_stays(project, staff):
    author = make_member(project, Role.ADMIN)
    key, token = make_key(project, created_by=author)

    author.suspend(by=staff)

    assert not ApiKey.objects.with_token(token).usable_at(key.created_at).exists()
    assert AuditEvent.objects.filter(actor_id=author.public_id).exists()


def test_a_reactivated_persons_keys_work_again(project, staff):
    author = make_member(project, Role.ADMIN)
    key, token = make_key(project, created_by=author)
    author.suspend(by=staff)

    author.reactivate(by=staff)

    assert ApiKey.objects.with_token(token).usable_at(key.created_at).exists()


@pytest.mark.parametrize("verb", ["suspend", "demote", "remove"])
def test_nobody_deletes_or_demotes_themselves(verb):
    admin = make_staff()

    with pytest.raises(Refused, match="Nobody can"):
        getattr(admin, verb)(by=admin)

    admin.refresh_from_db()
    assert admin.is_staff
    assert admin.is_active


def test_staff_may_change_their_own_name(staff):
    staff.change(by=staff, name="Ada", is_staff=True, status=UserStatus.ACTIVE)

    assert User.objects.get(pk=staff.pk).name == "Ada"


def test_others_are_made_staff_and_demoted(staff, viewer):
    viewer.make_staff(by=staff)
    assert User.objects.get(pk=viewer.pk).is_superuser

    viewer.demote(by=staff)
    assert not User.objects.get(pk=viewer.pk).is_superuser


def test_deleting_a_person_takes_their_memberships_and_keys_along(project, staff):
    author = make_member(project, Role.ADMIN)
    make_key(project, created_by=author)

    author.remove(by=staff)

    assert not User.objects.filter(pk=author.pk).exists()
    assert not ApiKey.objects.filter(project=project).exists()


def test_the_last_owner_of_a_project_can_not_be_deleted(project, owner, staff):
    with pytest.raises(Refused, match="last active owner of “Aurora”"):
        owner.remove(by=staff)

    assert User.objects.filter(pk=owner.pk).exists()
    assert project.memberships.owners().count() == 1


def test_there_is_no_way_to_delete_people_without_saying_who_does(viewer):
    with pytest.raises(Refused):
        viewer.delete()
    with pytest.raises(Refused):
        User.objects.all().delete()


def test_every_change_of_a_person_is_recorded_and_moves_the_epoch(staff, viewer):
    epoch = Epoch.current()

    viewer.suspend(by=staff)

    event = AuditEvent.objects.get(action="users:UpdateUser")
    assert (event.actor_id, event.target_id) == (staff.public_id, viewer.public_id)
    assert event.before is not None
    assert event.after is not None
    assert (event.before["status"], event.after["status"]) == ("active", "suspended")
    assert Epoch.current() > epoch


def test_a_new_password_is_recorded_without_being_told(staff, viewer):
    viewer.change_password("correct horse battery", by=staff)

    event = AuditEvent.objects.get(action="users:UpdateUser")
    assert User.objects.get(pk=viewer.pk).check_password("correct horse battery")
    assert "horse" not in str(event.after)


def test_staff_see_every_project_and_others_only_theirs(staff, viewer, project):
    other = make_project()

    assert set(Project.objects.visible_to(staff)) == {project, other}
    assert set(Project.objects.visible_to(viewer)) == {project}
