import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.authority import Claim, Forbidden, may, require
from accounts.grants import grant, revoke
from accounts.models import ApiKey, AuditEvent, Role
from accounts.permissions import PERMISSIONS, Undeclared
from accounts.policies import Policy
from accounts.principal import Principal
from tests.accounts.test_policies import actions, policies
from tests.factories import make_key, make_member, make_project, make_user

pytestmark = pytest.mark.django_db

READ, WRITE = "aiProviders:ListAiProviders", "aiProviders:CreateAiProvider"
DELETE_PROJECT = "projects:DeleteProject"


def by_key(project, *, created_by=None, policy=None):
    key, _ = make_key(project, created_by=created_by, policy=policy)
    return Principal.of_key(ApiKey.objects.with_principal().get(pk=key.pk), now=timezone.now())


def test_what_a_role_gives_costs_one_query(project, editor, django_assert_num_queries):
    principal = Principal(user=editor, project=project)

    with django_assert_num_queries(1):
        answers = [may(principal, READ), may(principal, WRITE), may(principal, DELETE_PROJECT)]

    assert answers == [True, True, False]


@pytest.mark.parametrize(
    ("role", "held"),
    [
        (Role.VIEWER, {READ}),
        (Role.EDITOR, {READ, WRITE}),
        (Role.ADMIN, {READ, WRITE, "apiKeys:CreateApiKey"}),
        (Role.OWNER, {READ, WRITE, "apiKeys:CreateApiKey", DELETE_PROJECT}),
    ],
)
def test_a_member_may_what_the_role_gives_and_no_more(project, role, held):
    member = make_member(project, role)
    asked = {READ, WRITE, "apiKeys:CreateApiKey", DELETE_PROJECT, "users:ListUsers"}

    assert {action for action in asked if may(member, action, project=project)} == held


def test_a_role_in_one_project_is_none_in_another(viewer, project):
    other = make_project()

    assert not may(viewer, READ, project=other)
    assert not may(viewer, "projects:GetProject", other)


def test_staff_may_everything_everywhere(staff, project):
    assert all(may(staff, action, project=project) for action in PERMISSIONS)
    assert all(may(staff, action) for action in PERMISSIONS)


def test_a_targets_own_project_counts_whatever_project_is_named(project, owner):
    other = make_project()
    foreign_key, _ = make_key(other)

    assert not may(owner, "apiKeys:GetApiKey", foreign_key, project=project)


def test_without_a_place_reading_is_asked_for_anywhere_and_writing_refused(owner, viewer):
    assert may(viewer, READ)
    assert not may(make_user(), READ)
    assert not may(owner, WRITE)


def test_an_action_that_nobody_declared_is_an_error(staff):
    with pytest.raises(Undeclared):
        may(staff, "aiProviders:Explode")


def test_a_suspended_person_may_nothing(project, staff):
    member = make_member(project, Role.OWNER)
    key = by_key(project, created_by=member)

    member.suspend(by=staff)

    suspended_key = Principal.of_key(
        ApiKey.objects.with_principal().get(pk=key.key.pk), now=timezone.now()
    )
    assert not may(member, READ, project=project)
    assert not may(suspended_key, READ, project=project)


def test_suspended_staff_may_nothing(staff, project):
    staff.suspend(by=None)

    assert not may(staff, READ, project=project)


def test_an_archived_project_leaves_its_members_the_project_itself_and_nothing_in_it(
    project, owner
):
    key = by_key(project)

    project.archive(by=owner)

    left = {action for action in PERMISSIONS if may(owner, action, project=project)}
    assert {action.partition(":")[0] for action in left} == {"projects", "members", "audit"}
    archived = Principal.of_key(
        ApiKey.objects.with_principal().get(pk=key.key.pk), now=timezone.now()
    )
    assert not any(may(archived, action, project=project) for action in PERMISSIONS)


def test_an_object_permission_widens_what_the_role_gives(project, viewer):
    assert not may(viewer, "projects:UpdateProject", project)

    grant(viewer, "change", project)

    assert may(viewer, "projects:UpdateProject", project)
    assert not may(viewer, DELETE_PROJECT, project)


def test_an_object_permission_is_of_one_object_alone(project, viewer):
    other = make_project()

    grant(viewer, "change", other)

    assert may(viewer, "projects:UpdateProject", other)
    assert not may(viewer, "projects:UpdateProject", project)


def test_an_object_permission_never_narrows(project, owner):
    grant(owner, "view", project)

    assert may(owner, DELETE_PROJECT, project)


def test_a_group_is_granted_what_its_people_then_may(project, django_user_model):

    group, person = Group.objects.create(name="operators"), make_user()
    person.groups.add(group)

    grant(group, "view", project)
    assert may(person, "projects:GetProject", project)

    revoke(group, "view", project)
    assert not may(person, "projects:GetProject", project)


def test_somebody_with_one_object_may_open_the_list_that_holds_it(project):
    person = make_user()
    assert not may(person, "projects:ListProjects")

    grant(person, "view", project)

    assert may(person, "projects:ListProjects")


@given(policy=st.none() | policies, action=actions, role=st.none() | st.sampled_from(Role))
def test_a_policy_only_takes_away_and_a_grant_only_gives(policy, action, role):
    permission, resource = PERMISSIONS[action], "aip_" + "A" * 16
    plain = Claim(permission, role=role)
    narrowed = Claim(permission, role=role, policy=policy, resource=resource)
    widened = Claim(permission, role=role, has_grant=True)

    assert plain.is_granted or not narrowed.is_granted
    assert widened.is_granted or not plain.is_granted


def test_no_role_is_no_right():
    assert not any(Claim(row).is_granted for row in PERMISSIONS.values())
    assert not Claim(PERMISSIONS[READ], is_staff=True, policy=Policy()).is_granted


def test_a_refused_attempt_is_recorded_and_names_the_missing_permission(project, viewer):
    with pytest.raises(Forbidden, match="needs the permission aiProviders:CreateAiProvider"):
        require(viewer, WRITE, project=project)

    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.outcome) == (WRITE, "denied")
    assert (event.actor_id, event.project_id) == (viewer.public_id, project.public_id)


def test_an_allowed_attempt_leaves_no_refusal(project, editor):
    require(editor, WRITE, project=project)

    assert not AuditEvent.objects.filter(outcome="denied").exists()


def test_a_refusal_inside_an_undone_transaction_is_put_on_record_again(project, viewer):

    with pytest.raises(Forbidden) as refusal, transaction.atomic():
        require(viewer, WRITE, project=project)
    assert not AuditEvent.objects.filter(outcome="denied").exists()

    refusal.value.keep_on_record()
    refusal.value.keep_on_record()

    assert AuditEvent.objects.filter(outcome="denied", action=WRITE).count() == 1


def test_a_question_that_was_asked_before_costs_no_query(
    project, editor, django_assert_num_queries
):
    principal = Principal(user=editor, project=project)

    first = [may(principal, action) for action in PERMISSIONS]

    with django_assert_num_queries(0):
        assert [may(principal, action) for action in PERMISSIONS] == first


def test_asking_about_many_objects_costs_two_queries(viewer, project, django_assert_num_queries):
    keys = [make_key(project)[0] for _ in range(5)]
    principal = Principal(user=viewer, project=project)
    may(principal, "apiKeys:RevokeApiKey", keys[0])
    fresh = Principal(user=viewer, project=project)

    with django_assert_num_queries(2):
        answers = [may(fresh, "apiKeys:RevokeApiKey", key) for key in keys]

    assert not any(answers)
