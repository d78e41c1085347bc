import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import KeyEncryptionKey, RootKeyDoesNotOpen, verify_root_keys
from foundation.crypto import CannotOpen, RootKey, RootKeyRing, new_key
from tests.factories import make_project

pytestmark = pytest.mark.django_db


def another_ring():
    return RootKeyRing((RootKey(new_key()),))


def test_each_project_and_the_instance_has_a_key_of_its_own(project):
    keys = [
        KeyEncryptionKey.objects.current_for(owner) for owner in (project, make_project(), None)
    ]

    assert len({key.open() for key in keys}) == 3
    assert all(len(key.open()) == 32 for key in keys)


def test_the_key_is_made_once(project):
    first = KeyEncryptionKey.objects.current_for(project)

    assert KeyEncryptionKey.objects.current_for(project).open() == first.open()
    assert KeyEncryptionKey.objects.current_for(None) == KeyEncryptionKey.objects.current_for(None)


def test_somebody_elses_first_key_is_taken_when_two_make_it_at_once(project, monkeypatch):
    made = KeyEncryptionKey.objects.current_for(project)

    assert KeyEncryptionKey.objects.all()._make(project, version=1) == made


def test_the_newest_version_seals(project, settings):
    KeyEncryptionKey.objects.current_for(project)
    newer = KeyEncryptionKey.objects.create(
        project=project,
        version=2,
        wrapped=new_key(),
        root_fingerprint=settings.ROOT_KEYS.primary.fingerprint,
    )

    assert KeyEncryptionKey.objects.current_for(project) == newer


def test_no_version_is_there_twice(project):
    for owner in (project, None):
        KeyEncryptionKey.objects.current_for(owner)
        with pytest.raises(IntegrityError), transaction.atomic():
            KeyEncryptionKey.objects.create(
                project=owner, version=1, wrapped=new_key(), root_fingerprint=""
            )


def test_a_key_is_kept_or_destroyed_and_never_half(project):
    key = KeyEncryptionKey.objects.current_for(project)

    with pytest.raises(IntegrityError, match="kek_is_kept_or_destroyed"), transaction.atomic():
        KeyEncryptionKey.objects.filter(pk=key.pk).update(wrapped=None)
    with pytest.raises(IntegrityError, match="kek_is_kept_or_destroyed"), transaction.atomic():
        KeyEncryptionKey.objects.filter(pk=key.pk).update(destroyed_at=timezone.now())


def test_a_destroyed_key_opens_nothing_and_gets_no_successor(project):
    key = KeyEncryptionKey.objects.current_for(project)

    KeyEncryptionKey.objects.filter(project=project).destroy(at=timezone.now())

    key.refresh_from_db()
    assert not key.is_openable
    with pytest.raises(CannotOpen):
        key.open()
    with pytest.raises(CannotOpen):
        KeyEncryptionKey.objects.current_for(project)


def test_a_key_under_a_lost_root_key_survives_in_lists_and_fails_when_used(project, settings):
    KeyEncryptionKey.objects.current_for(project)
    settings.ROOT_KEYS = another_ring()

    listed = list(KeyEncryptionKey.objects.all())

    assert [key.is_openable for key in listed] == [False]
    with pytest.raises(CannotOpen):
        listed[0].open()


def test_the_root_key_of_this_database_is_accepted(project):
    KeyEncryptionKey.objects.current_for(project)
    KeyEncryptionKey.objects.current_for(None)

    verify_root_keys()


def test_an_empty_database_accepts_any_root_key():
    verify_root_keys()


def test_a_root_key_that_does_not_open_the_database_is_refused_with_both_names(settings):
    KeyEncryptionKey.objects.current_for(None)
    old, settings.ROOT_KEYS = settings.ROOT_KEYS, another_ring()

    with pytest.raises(RootKeyDoesNotOpen) as refusal:
        verify_root_keys()

    assert old.primary.fingerprint in str(refusal.value)
    assert settings.ROOT_KEYS.primary.fingerprint in str(refusal.value)


def test_a_former_root_key_may_stand_behind_the_new_one(settings):
    KeyEncryptionKey.objects.current_for(None)
    settings.ROOT_KEYS = RootKeyRing((*another_ring().keys, *settings.ROOT_KEYS.keys))

    verify_root_keys()


def test_a_root_key_that_is_listed_but_opens_nothing_is_told_as_damage(settings):
    key = KeyEncryptionKey.objects.current_for(None)
    old, settings.ROOT_KEYS = settings.ROOT_KEYS, another_ring()
    KeyEncryptionKey.objects.filter(pk=key.pk).update(
        root_fingerprint=settings.ROOT_KEYS.primary.fingerprint
    )

    with pytest.raises(RootKeyDoesNotOpen, match="damaged"):
        verify_root_keys()
    assert old
