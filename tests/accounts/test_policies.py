import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.permissions import PERMISSIONS
from accounts.policies import Effect, Policy, PolicyInvalid, Statement

IDS = ("aip_" + "A" * 16, "aip_" + "B" * 16, "sec_" + "A" * 16, "prj_" + "A" * 16)
RESOURCE_PATTERNS = (*IDS, "aip_*", "sec_*", "*")
ACTION_PATTERNS = (*PERMISSIONS, "aiProviders:*", "secrets:*", "*:ListSecrets", "*")

statements = st.builds(
    Statement,
    effect=st.sampled_from(Effect),
    actions=st.lists(st.sampled_from(ACTION_PATTERNS), min_size=1, max_size=3).map(tuple),
    resources=st.lists(st.sampled_from(RESOURCE_PATTERNS), min_size=1, max_size=3).map(tuple),
)
policies = st.lists(statements, max_size=5).map(tuple).map(Policy)
actions = st.sampled_from(sorted(PERMISSIONS))
resources = st.sampled_from(IDS)


def allow(action="*", resource="*"):
    return {"effect": "Allow", "action": [action], "resource": [resource]}


def deny(action="*", resource="*"):
    return {"effect": "Deny", "action": [action], "resource": [resource]}


def test_an_empty_policy_allows_nothing():
    assert not Policy.parse([]).allows("aiProviders:ListAiProviders", IDS[0])


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("*", True),
        ("aiProviders:*", True),
        ("*:GetAiProvider", True),
        ("aiProviders:GetAiProvider", True),
        ("secrets:*", False),
        ("aiProviders:ListAiProviders", False),
    ],
)
def test_an_action_pattern_stands_for_whole_segments(pattern, fits):
    policy = Policy.parse([allow(pattern)])

    assert policy.allows("aiProviders:GetAiProvider", IDS[0]) is fits


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [("*", True), ("aip_*", True), (IDS[0], True), (IDS[1], False), ("sec_*", False)],
)
def test_a_resource_pattern_is_a_public_id_its_prefix_or_everything(pattern, fits):
    policy = Policy.parse([allow(resource=pattern)])

    assert policy.allows("aiProviders:GetAiProvider", IDS[0]) is fits


@given(policy=policies, action=actions, resource=resources)
def test_an_explicit_deny_wins_over_everything_that_allows(policy, action, resource):
    denying = Statement(Effect.DENY, (action,), (resource,))

    for place in range(len(policy.statements) + 1):
        before, after = policy.statements[:place], policy.statements[place:]
        assert not Policy((*before, denying, *after)).allows(action, resource)


@given(policy=policies, extra=statements, action=actions, resource=resources)
def test_one_more_allow_never_takes_anything_away(policy, extra, action, resource):
    allowing = Statement(Effect.ALLOW, extra.actions, extra.resources)
    wider = Policy((*policy.statements, allowing))

    assert wider.allows(action, resource) or not policy.allows(action, resource)


@given(policy=policies, action=actions, resource=resources)
def test_what_a_list_keeps_is_exactly_what_each_object_would_be_allowed(policy, action, resource):
    reach = policy.reach(action, resource.partition("_")[0])
    kept = resource not in reach.excepted and (reach.everything or resource in reach.ids)

    assert kept == policy.allows(action, resource)


@given(policy=policies, action=actions, resource=resources)
def test_whatever_is_allowed_on_something_is_allowed_somewhere(policy, action, resource):
    assert policy.allows_somewhere(action) or not policy.allows(action, resource)


def test_denying_everything_leaves_nowhere():
    policy = Policy.parse([allow(), deny("aiProviders:ListAiProviders")])

    assert not policy.allows_somewhere("aiProviders:ListAiProviders")


@pytest.mark.parametrize(
    ("raw", "position"),
    [
        ({"effect": "Allow"}, ""),
        ("*", ""),
        (None, ""),
        ([[]], "[0]"),
        ([allow(), {"effect": "Allow", "action": ["*"]}], "[1].resource"),
        ([{**allow(), "effect": "allow"}], "[0].effect"),
        ([{**allow(), "effect": ["Allow"]}], "[0].effect"),
        ([{**allow(), "condition": {}}], "[0].condition"),
        ([{**allow(), "action": []}], "[0].action"),
        ([{**allow(), "action": "*"}], "[0].action"),
        ([{**allow(), "action": ["*", 3]}], "[0].action[1]"),
        ([allow("aiProviders:Get*")], "[0].action[0]"),
        ([allow("aiProviders")], "[0].action[0]"),
        ([allow("aiProviders:*:*")], "[0].action[0]"),
        ([allow(resource="aip_A*")], "[0].resource[0]"),
        ([allow(resource="aip_short")], "[0].resource[0]"),
        ([allow(resource="*_*")], "[0].resource[0]"),
        ([allow()] * 51, ""),
        ([{**allow(), "action": ["*"] * 101}], "[0].action"),
    ],
)
def test_a_policy_that_can_not_be_read_says_where(raw, position):
    with pytest.raises(PolicyInvalid) as refusal:
        Policy.parse(raw)

    assert refusal.value.position == position


def test_an_action_that_does_not_exist_is_refused_with_its_position():
    policy = Policy.parse([allow("aiProviders:*"), deny("aiProvider:DeleteAiProvider")])

    with pytest.raises(PolicyInvalid, match=r"\[1\]\.action\[0\]: There is no action"):
        policy.refuse_unknown(PERMISSIONS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(string.printable, max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["effect", "action", "resource", "x"]), inner)
        ),
        max_leaves=8,
    )
)
def test_any_json_is_read_or_refused_and_nothing_else_happens(raw):
    try:
        policy = Policy.parse(raw)
    except PolicyInvalid:
        return

    assert all(row.effect in Effect for row in policy.statements)
