import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction

from accounts.models import AuditEvent, Epoch, Membership, Role, User
from accounts.models.membership import LastOwner
from accounts.refusals import Refused
from tests.factories import make_member, make_project, make_user

pytestmark = pytest.mark.django_db


def membership_of(user, project):
    return Membership.objects.get(user=user, project=project)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.EDITOR, Role.VIEWER])
def test_at_least_one_owner_always_remains(project, owner, staff, role):
    last = membership_of(owner, project)

    with pytest.raises(LastOwner, match="make somebody else an owner first"):
        last.change_role(role, by=staff)
    with pytest.raises(LastOwner):
        membership_of(owner, project).remove(by=staff)

    assert membership_of(owner, project).role == Role.OWNER


def test_the_last_owner_stays_whichever_way_the_row_is_written(project, owner):
    last = membership_of(owner, project)
    last.role = Role.VIEWER
    elsewhere = membership_of(owner, project)
    elsewhere.project = make_project()

    with pytest.raises(LastOwner):
        last.save()
    with pytest.raises(LastOwner):
        elsewhere.save()
    with pytest.raises(LastOwner):
        last.delete()
    with pytest.raises(Refused):
        Membership.objects.filter(project=project).update(role=Role.VIEWER)
    with pytest.raises(Refused):
        Membership.objects.filter(project=project).delete()
    with pytest.raises(Refused), transaction.atomic():
        Membership.objects.bulk_update([last], ["role"])

    assert project.memberships.owners().count() == 1


def test_an_owner_who_is_suspended_looks_after_nothing(project, owner, staff):
    suspended = make_member(project, Role.OWNER)
    suspended.suspend(by=staff)

    with pytest.raises(LastOwner):
        membership_of(owner, project).remove(by=staff)
    with pytest.raises(LastOwner):
        membership_of(owner, project).change_role(Role.ADMIN, by=staff)
    membership_of(suspended, project).remove(by=staff)

    assert [row.user for row in project.memberships.owners()] == [owner]


def test_whoever_alone_owns_a_project_is_not_suspended(project, owner, staff):
    second = make_member(project, Role.OWNER)
    make_project("Boreal", owner=owner)

    with pytest.raises(Refused, match="last active owner of “Boreal”: make somebody else"):
        owner.suspend(by=staff)
    second.suspend(by=staff)
    with pytest.raises(Refused, match="of “Aurora”, “Boreal”:"):
        owner.suspend(by=staff)

    assert User.objects.get(pk=owner.pk).is_active


def test_an_owner_may_go_when_another_one_stays(project, owner, staff):
    second = make_member(project, Role.OWNER)

    membership_of(owner, project).remove(by=second)

    assert [row.user for row in project.memberships.owners()] == [second]


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_at_once_leave_one(project, owner):
    other = make_member(project, Role.OWNER)
    start, outcomes = threading.Barrier(2), []

    def demote(target, by):
        try:
            membership = membership_of(target, project)
            start.wait(timeout=10)
            membership.change_role(Role.VIEWER, by=by)
            outcomes.append("demoted")
        except Refused as refusal:
            outcomes.append(refusal.code)
        except OperationalError:
            outcomes.append("locked")  # SQLite lets one of two writers in
        finally:
            connection.close()

    threads = [
        threading.Thread(target=demote, args=pair) for pair in ((owner, other), (other, owner))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    # The slower one is refused: as the last owner, as no owner any more, or by the database.
    assert outcomes.count("demoted") == 1
    assert set(outcomes) <= {"demoted", "last_owner", "owners_only", "locked"}
    assert project.memberships.owners().count() == 1


def test_nobody_demotes_or_removes_themselves_from_a_project(project, owner):
    make_member(project, Role.OWNER)
    own = membership_of(owner, project)

    with pytest.raises(Refused, match="Nobody can demote or remove themselves"):
        own.change_role(Role.ADMIN, by=owner)
    with pytest.raises(Refused, match="Nobody can demote or remove themselves"):
        own.remove(by=owner)


@pytest.mark.parametrize("change", ["add", "raise", "lower", "remove"])
def test_an_admin_does_not_change_who_owns_a_project(project, owner, admin, change):
    make_member(project, Role.OWNER)
    attempts = {
        "add": lambda: Membership.objects.add(project, make_user(), Role.OWNER, by=admin),
        "raise": lambda: membership_of(make_member(project), project).change_role(
            Role.OWNER, by=admin
        ),
        "lower": lambda: membership_of(owner, project).change_role(Role.VIEWER, by=admin),
        "remove": lambda: membership_of(owner, project).remove(by=admin),
    }

    with pytest.raises(Refused, match="Only an owner"):
        attempts[change]()


def test_an_admin_manages_everybody_else(project, admin):
    member = make_member(project, Role.VIEWER)

    membership_of(member, project).change_role(Role.EDITOR, by=admin)
    assert project.role_of(member) == Role.EDITOR

    membership_of(member, project).remove(by=admin)
    assert project.role_of(member) is None


def test_one_person_is_in_a_project_once(project, viewer):
    with pytest.raises(ValidationError, match="member already"):
        Membership.objects.add(project, viewer, Role.EDITOR, by=None)
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
    ):
        Membership.objects.bulk_create([Membership(project=project, user=viewer)])


def test_the_database_knows_the_roles(project):
    with (
        pytest.raises(IntegrityError, match="membership_role_is_known"),
        transaction.atomic(),
    ):
        Membership.objects.bulk_create([Membership(project=project, user=make_user(), role="king")])


def test_every_change_of_members_is_recorded_and_moves_the_epoch(project, owner, viewer):
    epoch = Epoch.current()

    membership_of(viewer, project).change_role(Role.EDITOR, by=owner)

    event = AuditEvent.objects.filter(action="members:UpdateMembers").latest("sequence")
    assert event.before == {"user": viewer.email, "role": "viewer"}
    assert event.after == {"user": viewer.email, "role": "editor"}
    assert (event.actor_id, event.project_id) == (owner.public_id, project.public_id)
    assert Epoch.current() > epoch
