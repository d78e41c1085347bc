from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.authority import may
from accounts.models import ApiKey, Membership, Role
from accounts.principal import Principal
from tests.accounts.test_policies import actions, policies
from tests.factories import make_key, make_member, make_project

pytestmark = pytest.mark.django_db

READ, WRITE = "aiProviders:ListAiProviders", "aiProviders:CreateAiProvider"
DELETE_PROJECT = "projects:DeleteProject"


def by_key(project, *, created_by=None, policy=None):
    key, _ = make_key(project, created_by=created_by, policy=policy)
    return Principal.of_key(ApiKey.objects.with_principal().get(pk=key.pk), now=timezone.now())


def test_a_key_has_its_creators_rights_as_far_as_its_policy_lets_them_through(project):
    allow_reading = [{"effect": "Allow", "action": [READ], "resource": ["*"]}]
    deny_reading = [
        {"effect": "Allow", "action": ["*"], "resource": ["*"]},
        {"effect": "Deny", "action": [READ], "resource": ["*"]},
    ]

    assert may(by_key(project), WRITE)
    assert may(by_key(project, policy=allow_reading), READ)
    assert not may(by_key(project, policy=allow_reading), WRITE)
    assert not may(by_key(project, policy=deny_reading), READ)
    assert may(by_key(project, policy=deny_reading), WRITE)
    assert not may(by_key(project, policy=[]), READ)


def test_a_keys_rights_follow_its_creators_down(project, owner):
    author = make_member(project, Role.ADMIN)
    key = by_key(project, created_by=author)
    assert may(key, "apiKeys:CreateApiKey")

    Membership.objects.get(user=author).change_role(Role.VIEWER, by=owner)

    later = Principal.of_key(key.key, now=timezone.now())
    assert not may(later, "apiKeys:CreateApiKey")
    assert may(later, READ)

    Membership.objects.get(user=author).remove(by=owner)
    assert not may(Principal.of_key(key.key, now=timezone.now()), READ)


def test_a_key_never_leaves_its_project_even_where_its_creator_may(project, owner):
    other = make_project(owner=owner)

    assert may(owner, READ, project=other)
    assert not may(by_key(project, created_by=owner), READ, project=other)
    assert not may(by_key(project, created_by=owner), "projects:GetProject", other)


def test_a_key_that_staff_made_is_an_owners_in_its_project_and_staff_nowhere(project, staff):
    key, other = by_key(project, created_by=staff), make_project()

    assert may(key, DELETE_PROJECT, project)
    assert not may(key, READ, project=other)
    assert not may(key, "users:ListUsers")
    assert not may(key, "egress:CreateEgressRule")


def test_a_revoked_or_expired_key_may_nothing(project, owner):
    now = timezone.now()
    revoked, expired = by_key(project), by_key(project)

    revoked.key.revoke(by=owner, at=now)
    expired.key.expires_at = now

    assert not may(Principal.of_key(revoked.key, now=now), READ)
    assert not may(Principal.of_key(expired.key, now=now + timedelta(seconds=1)), READ)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(policy=policies, action=actions, role=st.sampled_from(Role))
def test_a_key_never_exceeds_its_creator(project, policy, action, role):
    creator = make_member(project, role)
    key, _ = make_key(project, created_by=creator)
    key.policy = [
        {"effect": row.effect, "action": list(row.actions), "resource": list(row.resources)}
        for row in policy.statements
    ]
    for target in (None, project, key):
        as_key = may(Principal.of_key(key, now=timezone.now()), action, target, project=project)
        assert not as_key or may(creator, action, target, project=project)
