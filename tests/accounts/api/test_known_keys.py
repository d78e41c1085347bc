"""A key that is known costs no query, and whatever ends or narrows it is seen at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.known_keys import READ_AGAIN_AFTER, KnownKeys, known_keys
from accounts.models import ApiKey, Epoch, Role
from accounts.reading_keys import key_of
from accounts.tokens import token_hash
from tests.factories import make_key, make_member, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.api.resource")]


@pytest.fixture
def author(project):
    make_member(project, Role.OWNER)
    return make_member(project, Role.ADMIN)


@pytest.fixture
def known(call, project, author):
    """A key that this process knows, and a client that sends it."""
    key, token = make_key(project, created_by=author)
    client = call(token=token)
    assert client.get("/keys").status_code == 200
    return key, client


def reads_of_keys(queries):
    return [query["sql"] for query in queries if '"token_hash" IN' in query["sql"]]


def test_a_known_key_is_not_looked_up(known):
    _, client = known

    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/keys")

    assert answer.status_code == 200
    assert reads_of_keys(queries) == []


def revoked(key, author, staff):
    key.revoke(by=author, at=timezone.now())


def of_somebody_suspended(key, author, staff):
    author.suspend(by=staff)


def of_a_project_that_is_archived(key, author, staff):
    key.project.archive(by=staff)


@pytest.mark.parametrize("end", [revoked, of_somebody_suspended, of_a_project_that_is_archived])
def test_a_known_key_that_ends_is_401_at_its_next_request(known, author, staff, end):
    key, client = known

    end(key, author, staff)

    assert client.get("/keys").status_code == 401
    assert client.get("/keys").status_code == 401


def test_a_known_key_that_expires_is_401_when_its_time_is_over(call, project, author, monkeypatch):
    end = timezone.now() + timedelta(seconds=20)
    _, token = make_key(project, created_by=author, expires_at=end)
    client = call(token=token)
    assert client.get("/keys").status_code == 200

    monkeypatch.setattr(timezone, "now", lambda: end)

    assert client.get("/keys").status_code == 401


def test_a_known_keys_rights_shrink_with_its_creators_at_once(known, author, staff):
    key, client = known
    assert client.post(f"/keys/{key.public_id}/revoke").status_code == 200

    author.memberships.get().change_role(Role.VIEWER, by=staff)

    assert client.post(f"/keys/{key.public_id}/revoke").status_code == 403


def test_a_known_keys_rights_are_gone_when_its_creator_leaves(known, author, staff):
    key, client = known

    author.memberships.get().remove(by=staff)

    assert client.get("/keys").status_code == 403
    assert client.get(f"/keys/{key.public_id}").status_code == 404


def test_a_key_that_staff_made_is_nothing_when_they_are_demoted(call, project):
    maker, other = make_staff(), make_staff()
    _, token = make_key(project, created_by=maker)
    client = call(token=token)
    assert client.get("/keys").status_code == 200

    maker.demote(by=other)

    assert client.get("/keys").status_code == 403


def test_any_change_of_authority_has_the_key_read_again_once(known):
    _, client = known

    Epoch.bump()

    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/keys")
        counts.append(len(reads_of_keys(queries)))
    assert counts == [1, 0]


def test_a_view_that_does_not_compare_is_given_no_known_key(known, monkeypatch):
    from tests.accounts.api.resource import KeyViewSet  # noqa: PLC0415 - its addresses are this test's

    _, client = known
    monkeypatch.setattr(KeyViewSet, "confirms_keys", False)

    with CaptureQueriesContext(connection) as queries:
        client.get("/keys")

    assert len(reads_of_keys(queries)) == 1


def test_a_key_is_read_again_when_its_use_is_to_be_noted(known, monkeypatch):
    key, client = known
    later = timezone.now() + READ_AGAIN_AFTER
    monkeypatch.setattr(timezone, "now", lambda: later)

    client.get("/keys")

    assert ApiKey.objects.get(pk=key.pk).last_used_at == later


def test_what_a_request_does_to_its_key_stays_its_own(project, author):
    _, token = make_key(project, created_by=author)
    hashed = token_hash(token, label="api-keys")
    read = key_of(token, now=timezone.now())
    memory, now = KnownKeys(), timezone.now()
    memory.keep(hashed, read, now=now)

    first = memory.recall(hashed, now=now)
    first.name = first.created_by.email = first.project.name = "changed"
    second = memory.recall(hashed, now=now)

    assert "changed" not in {second.name, second.created_by.email, second.project.name}
    assert second.epoch == read.epoch


def test_what_is_known_is_bounded_and_the_least_used_goes_first(project, author):
    key = ApiKey.objects.with_principal().get(pk=make_key(project, created_by=author)[0].pk)
    memory, now = KnownKeys(most=2), timezone.now()
    for name in ("one", "two"):
        memory.keep(name, key, now=now)
    memory.recall("one", now=now)

    memory.keep("three", key, now=now)

    assert [memory.recall(name, now=now) is None for name in ("one", "two", "three")] == [
        False,
        True,
        False,
    ]


def test_tokens_themselves_are_not_remembered(call, project, author):
    _, token = make_key(project, created_by=author)
    call(token=token).get("/keys")

    assert token not in repr(known_keys._keys)
    assert token_hash(token, label="api-keys") in known_keys._keys


def test_a_key_that_is_read_is_what_the_models_say(project, author):
    made, token = make_key(
        project, created_by=author, policy=[{"effect": "Allow", "action": ["*"], "resource": ["*"]}]
    )
    now = timezone.now()

    read = key_of(token, now=now)

    by_models = ApiKey.objects.with_principal().get(pk=made.pk)
    for ours, theirs in (
        (read, by_models),
        (read.created_by, by_models.created_by),
        (read.project, by_models.project),
    ):
        assert type(ours) is type(theirs)
        for field in ours._meta.concrete_fields:
            assert getattr(ours, field.attname) == getattr(theirs, field.attname)
    assert read.epoch == Epoch.current()


def test_a_key_is_read_under_an_older_secret_key_too(project, author, settings):
    made, token = make_key(project, created_by=author)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10

    assert key_of(token, now=timezone.now()) == made
