"""Authority never grows: not by a key, not by a key of a key, not by what explains it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import grants
from accounts.authority import may
from accounts.explanations import explain
from accounts.models import ApiKey, Membership, Role, User
from accounts.permissions import PERMISSIONS
from accounts.policies import Effect, Policy, Statement
from accounts.principal import Principal
from providers.models import Provider
from tests.factories import make_project, make_provider, make_secret, make_user

QUICKLY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ACTIONS = st.sampled_from(sorted(PERMISSIONS))
PATTERNS = st.one_of(
    ACTIONS,
    ACTIONS.map(lambda action: action.partition(":")[0] + ":*"),
    st.sampled_from(["*", "*:*", "*:ListSecrets"]),
)
RESOURCES = st.sampled_from(
    ["*", "aip_*", "sec_*", "prj_*", "aip_AAAAAAAAAAAAAAAA", "sec_BBBBBBBBBBBBBBBB"]
)
STATEMENTS = st.builds(
    lambda effect, action, resource: {
        "effect": effect,
        "action": sorted(action),
        "resource": sorted(resource),
    },
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sets(PATTERNS, min_size=1, max_size=3),
    st.sets(RESOURCES, min_size=1, max_size=2),
)
POLICIES = st.none() | st.lists(STATEMENTS, max_size=4)
ROLES = st.none() | st.sampled_from(list(Role))
GRANTS = st.sets(st.sampled_from(["view", "change", "delete", "test", "use"]), max_size=3)


@pytest.fixture
def places(db):
    project, other = make_project(), make_project()
    provider = make_provider(project, public_id="aip_AAAAAAAAAAAAAAAA")
    secret = make_secret(project)
    shared = Provider.objects.create(name="Shared", kind="openai")
    return project, [provider, secret, shared, make_provider(other), project, other]


def somebody(project, role, granted, provider) -> User:
    person = make_user()
    if role:
        Membership.objects.create(project=project, user=person, role=role)
    for verb in granted:
        grants.grant(person, verb, provider)
    return person


@QUICKLY
@given(role=ROLES, granted=GRANTS, policy=POLICIES, action=ACTIONS)
def test_a_key_never_does_what_its_creator_may_not(places, role, granted, policy, action):
    project, targets = places
    person = somebody(project, role, granted, targets[0])
    key = ApiKey(project=project, created_by=person, name="k", policy=policy)
    principal = Principal(user=person, project=project, key=key)

    for target in (None, *targets):
        if may(principal, action, target, project=project):
            assert may(person, action, target, project=project)
            assert policy is None or reaches(policy, action)


@QUICKLY
@given(policy=POLICIES, action=ACTIONS)
def test_a_key_of_staff_stays_in_its_project_and_is_no_staff(places, policy, action):
    project, targets = places
    staff = make_user(is_staff=True, is_superuser=True)
    key = ApiKey(project=project, created_by=staff, name="k", policy=policy)
    principal = Principal(user=staff, project=project, key=key)

    assert not may(principal, action, targets[3])
    assert not may(principal, action, targets[5])
    if PERMISSIONS[action].lowest_role is None:
        assert not any(may(principal, action, target) for target in (None, *targets))


@QUICKLY
@given(role=st.sampled_from(list(Role)), action=ACTIONS)
def test_a_lower_role_never_has_more(places, role, action):
    project, targets = places
    lower = list(Role)[min(list(Role).index(role) + 1, 3)]
    above, below = (somebody(project, one, (), targets[0]) for one in (role, lower))

    for target in (None, *targets):
        if may(below, action, target, project=project):
            assert may(above, action, target, project=project)


@QUICKLY
@given(role=ROLES, granted=GRANTS, action=ACTIONS)
def test_a_demoted_creators_key_shrinks_at_once(places, role, granted, action):
    project, targets = places
    person = somebody(project, Role.OWNER, granted, targets[0])
    key = ApiKey(project=project, created_by=person, name="k")

    Membership.objects.get(user=person).delete()
    if role:
        Membership.objects.create(project=project, user=person, role=role)
    principal = Principal(user=person, project=project, key=key)

    for target in (None, *targets):
        may_now = may(principal, action, target, project=project)
        assert not may_now or may(person, action, target, project=project)


@QUICKLY
@given(role=ROLES, granted=GRANTS, policy=POLICIES, action=ACTIONS)
def test_an_explanation_says_what_is_decided(places, role, granted, policy, action):
    project, targets = places
    person = somebody(project, role, granted, targets[0])
    key = ApiKey(project=project, created_by=person, name="k", policy=policy)

    for who in (Principal(user=person), Principal(user=person, project=project, key=key)):
        for target in (None, *targets):
            told = explain(who, action, target, project=project)
            assert told.is_allowed is may(who, action, target, project=project)
            assert told.is_allowed is all(step.passes for step in told.steps)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(POLICIES.filter(bool), POLICIES.filter(bool), ACTIONS, RESOURCES)
def test_a_policy_that_covers_another_allows_all_that_it_allows(wide, narrow, action, resource):
    outer, inner = Policy.parse(wide), Policy.parse(narrow)
    together = Policy((*inner.statements, *outer.statements))

    if outer.covers(inner) and inner.allows(action, _one(resource)):
        assert outer.allows(action, _one(resource))
    assert outer.covers(outer)
    if together.covers(inner) and inner.allows_somewhere(action):
        assert together.allows_somewhere(action)


def test_covering_is_refused_where_a_denial_is_dropped():
    denial = Statement(Effect.DENY, ("secrets:*",), ("*",))
    everything = Statement(Effect.ALLOW, ("*",), ("*",))

    assert not Policy((everything, denial)).covers(Policy((everything,)))
    assert Policy((everything, denial)).covers(Policy((everything, denial)))


def _one(resource: str) -> str:
    return resource.replace("*", "C" * 16) if "_" in resource else "prj_CCCCCCCCCCCCCCCC"


def reaches(policy, action) -> bool:
    parsed = Policy.parse(policy)
    return any(row.is_allow and row.speaks_of(action) for row in parsed.statements)
