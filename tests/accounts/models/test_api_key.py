from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiKey, AuditEvent, Epoch, Role
from accounts.policies import Policy
from accounts.refusals import Refused
from accounts.tokens import is_token_of, new_token, token_hash
from tests.factories import make_key, make_member, make_user

pytestmark = pytest.mark.django_db

ALLOW_ALL = [{"effect": "Allow", "action": ["*"], "resource": ["*"]}]


def allowing(action):
    return [{"effect": "Allow", "action": [action], "resource": ["*"]}]


def test_a_token_has_256_random_bits_and_is_kept_as_a_keyed_hash_alone(project):
    key, token = make_key(project)

    stored = ApiKey.objects.values().get(pk=key.pk)

    assert token.startswith("axk_")
    assert len(token) == len("axk_") + 43
    assert stored["prefix"] == token[:10]
    assert token not in str(stored)
    assert token[10:] not in str(stored)
    assert token not in str(list(AuditEvent.objects.values()))


def test_two_tokens_are_never_the_same():
    assert len({new_token("axk") for _ in range(100)}) == 100


def test_a_key_is_found_by_its_token(project):
    key, token = make_key(project)

    assert ApiKey.objects.with_token(token).get() == key
    assert not ApiKey.objects.with_token(token[:-1]).exists()


def test_a_key_outlives_the_rotation_of_the_secret_key(project, settings):
    key, token = make_key(project)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key of a sufficient length"

    assert ApiKey.objects.with_token(token).get() == key
    assert is_token_of(token, key.token_hash, label="api-keys")


def test_without_its_secret_key_a_stored_hash_is_nobodys(project, settings):
    _, token = make_key(project)
    settings.SECRET_KEY = "another secret key of a sufficient length"

    assert not ApiKey.objects.with_token(token).exists()


def test_hashes_of_one_token_differ_by_purpose():
    assert token_hash("axk_x", label="api-keys") != token_hash("axk_x", label="agents")


def test_an_expired_key_does_not_work(project):
    now = timezone.now()
    key, token = make_key(project, expires_at=now + timedelta(hours=1))

    found = ApiKey.objects.with_token(token)

    assert found.usable_at(now).exists()
    assert not found.usable_at(now + timedelta(hours=1)).exists()
    assert key.state_at(now) == "active"
    assert key.state_at(now + timedelta(hours=1)) == "expired"


def test_a_revoked_key_does_not_work_and_stays_revoked(project, owner):
    key, token = make_key(project)
    now, epoch = timezone.now(), Epoch.current()

    key.revoke(by=owner, at=now)
    key.revoke(by=owner, at=now + timedelta(days=1))

    key.refresh_from_db()
    assert key.revoked_at == now
    assert not ApiKey.objects.with_token(token).usable_at(now).exists()
    assert AuditEvent.objects.filter(action="apiKeys:RevokeApiKey").count() == 1
    assert Epoch.current() > epoch
    assert key.state_at(now) == "revoked"


def test_what_a_list_says_of_keys_each_one_says_of_itself(project, owner, staff):
    now = timezone.now()
    author = make_member(project, Role.ADMIN)
    make_key(project)[0].revoke(by=owner, at=now)
    make_key(project, created_by=author)
    make_key(project, expires_at=now - timedelta(hours=1))
    author.suspend(by=staff)
    make_key(project)

    usable = set(ApiKey.objects.usable_at(now))

    assert usable == {key for key in ApiKey.objects.with_principal() if key.is_usable_at(now)}
    assert len(usable) == 1


def test_a_key_is_never_deleted(project):
    key, _ = make_key(project)

    with pytest.raises(Refused, match="Revoke"):
        key.delete()


def test_only_an_active_member_of_an_active_project_can_have_a_key(project, owner, staff):
    suspended = make_member(project, Role.ADMIN)
    suspended.suspend(by=staff)

    for creator in (make_user(), suspended):
        with pytest.raises(ValidationError, match="Only an active member"):
            make_key(project, created_by=creator)
    project.archive(by=owner)
    with pytest.raises(ValidationError, match="Only an active member"):
        make_key(project, created_by=owner)


def test_a_policy_beyond_its_creator_is_refused_when_the_key_is_made(project, editor, owner):
    beyond = allowing("aiProviders:DeleteAiProvider")

    with pytest.raises(ValidationError, match=r"\[0\]\.action\[0\]: its creator may not"):
        make_key(project, created_by=editor, policy=beyond)

    assert make_key(project, created_by=owner, policy=beyond)


def test_staffs_own_level_can_not_be_given_to_a_key(project, staff):
    with pytest.raises(ValidationError, match="its creator may not"):
        make_key(project, created_by=staff, policy=allowing("users:CreateUser"))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({}, "A policy is a list"),
        (allowing("aiProviders:Explode"), r"\[0\]\.action\[0\]: There is no action"),
        ([{"effect": "Allow"}], r"\[0\]\.action: This is missing"),
    ],
)
def test_a_policy_that_can_not_be_read_is_refused_when_the_key_is_made(project, policy, message):
    with pytest.raises(ValidationError, match=message):
        make_key(project, policy=policy)


def test_a_stored_policy_that_can_not_be_read_allows_nothing(project):
    key, _ = make_key(project, policy=ALLOW_ALL)
    ApiKey.objects.filter(pk=key.pk).update(policy={"effect": "Allow"})
    key.refresh_from_db()

    assert key.parsed_policy == Policy()


def test_use_is_noted_to_the_minute(project):
    key, _ = make_key(project)
    now = timezone.now()

    with CaptureQueriesContext(connection) as asked:
        key.note_use(at=now)
        key.note_use(at=now + timedelta(seconds=59))

    writes = [query for query in asked.captured_queries if query["sql"].startswith("UPDATE")]
    assert len(writes) == 1

    key.refresh_from_db()
    assert key.last_used_at == now


def test_a_new_key_is_recorded_with_its_prefix(project, owner):
    key, _ = make_key(project)

    event = AuditEvent.objects.get(action="apiKeys:CreateApiKey")
    assert (event.after or {})["prefix"] == key.prefix
    assert (event.actor_id, event.target_id) == (owner.public_id, key.public_id)


def test_a_use_that_can_not_be_noted_is_not_worth_a_failed_call(project, monkeypatch):
    key, _ = make_key(project)

    def locked(*_words, **_values):
        raise OperationalError("database is locked")

    monkeypatch.setattr(QuerySet, "update", locked)
    key.note_use(at=timezone.now())

    assert key.last_used_at is None


@pytest.mark.parametrize(
    ("role", "pattern", "fits"),
    [
        (Role.OWNER, "users:*", False),
        (Role.EDITOR, "webhooks:*", False),
        (Role.EDITOR, "audit:*", False),
        (Role.ADMIN, "audit:*", True),
        (Role.VIEWER, "*:*", True),
    ],
)
def test_a_pattern_allows_something_that_its_creator_has(project, role, pattern, fits):
    creator = make_member(project, role)
    policy = [{"effect": "Allow", "action": [pattern], "resource": ["*"]}]

    with nullcontext() if fits else pytest.raises(ValidationError, match="policy"):
        make_key(project, created_by=creator, policy=policy)
