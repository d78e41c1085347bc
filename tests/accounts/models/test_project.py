import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.deletion import RestrictedError

from accounts import audit
from accounts.models import ApiKey, AuditEvent, Epoch, KeyEncryptionKey, Membership, Project
from accounts.models.keys import KeyEncryptionKeyQuerySet
from accounts.refusals import Refused
from foundation.crypto import CannotOpen, open_sealed, seal
from providers.models import ProjectRouting, Provider, ProviderModel, Secret
from tests.factories import make_key, make_project, make_provider, make_secret

pytestmark = pytest.mark.django_db


def test_a_slug_is_made_of_the_name_and_is_unique():
    slugs = [make_project("Größe & Co").slug for _ in range(3)]

    assert slugs == ["groe-co", "groe-co-2", "groe-co-3"]


def test_a_name_without_latin_letters_still_gets_a_slug():
    assert make_project("プロジェクト").slug == "project"


def test_the_database_refuses_a_second_project_of_one_slug(project):
    other = make_project()

    with pytest.raises(IntegrityError, match="slug"), transaction.atomic():
        Project.objects.filter(pk=other.pk).update(slug=project.slug)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_project_needs_a_name_of_bearable_length(name, staff):
    with pytest.raises(ValidationError):
        Project.objects.start(name=name, owner=staff, by=staff)


def test_a_new_project_has_its_first_owner(project, owner):
    assert [membership.user for membership in project.memberships.owners()] == [owner]


def test_renaming_keeps_the_slug(project, owner):
    project.rename("Borealis", by=owner)

    assert Project.objects.get(slug="aurora").name == "Borealis"


def test_an_archived_projects_keys_stop_until_it_is_restored(project, owner):
    key, token = make_key(project)

    project.archive(by=owner)
    assert not ApiKey.objects.with_token(token).usable_at(key.created_at).exists()

    project.restore(by=owner)
    assert ApiKey.objects.with_token(token).usable_at(key.created_at).exists()


@pytest.mark.parametrize("typed", ["", "aurora", "Aurora ", "Borealis"])
def test_deleting_a_project_needs_its_typed_name(project, owner, typed):
    kek = KeyEncryptionKey.objects.current_for(project)

    with pytest.raises(Refused, match="Type the project's name"):
        project.shred_and_delete(typed_name=typed, by=owner)

    kek.refresh_from_db()
    assert kek.is_openable


def test_a_project_can_not_be_deleted_in_passing(project):
    with pytest.raises(Refused):
        project.delete()
    with pytest.raises(Refused):
        Project.objects.all().delete()


def test_deleting_a_project_takes_its_rows_along_and_the_audit_stays(project, owner, staff):
    make_key(project)
    KeyEncryptionKey.objects.current_for(project)

    project.shred_and_delete(typed_name="Aurora", by=owner)

    assert not Project.objects.exists()
    assert not Membership.objects.exists()
    assert not ApiKey.objects.exists()
    assert not KeyEncryptionKey.objects.filter(version=1).exists()
    event = AuditEvent.objects.get(action="projects:DeleteProject")
    assert (event.project_name, event.actor_name) == ("Aurora", owner.email)
    assert event in AuditEvent.objects.visible_to(staff)


def test_a_projects_providers_secrets_and_routing_go_with_it(project, owner):
    secret = make_secret(project=project)
    provider = make_provider(project=project, secret=secret)
    model = ProviderModel.objects.create(provider=provider, upstream_id="gpt")
    ProjectRouting.objects.create(project=project, active_model=model)

    project.shred_and_delete(typed_name="Aurora", by=owner)

    assert not Provider.objects.filter(pk=provider.pk).exists()
    assert not Secret.objects.filter(pk=secret.pk).exists()
    assert not KeyEncryptionKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_key_is_destroyed_and_committed_before_the_rows_go(monkeypatch, owner, project):
    kek = KeyEncryptionKey.objects.current_for(project)
    sealed = seal(b"a credential", key=kek.open(), binding="somewhere")

    def fail(*_args, **_options):
        raise RuntimeError("power cut")

    monkeypatch.setattr("accounts.models.project.audit.record", _after(2, fail))
    with pytest.raises(RuntimeError, match="power cut"):
        project.shred_and_delete(typed_name="Aurora", by=owner)

    left = KeyEncryptionKey.objects.get(project=project)
    assert left.destroyed_at
    with pytest.raises(CannotOpen):
        left.open()
    with pytest.raises(CannotOpen):
        KeyEncryptionKey.objects.current_for(project)
    with pytest.raises(CannotOpen):
        open_sealed(sealed, key=b"\0" * 32, binding="somewhere")
    assert Project.objects.get(pk=project.pk).is_archived


@pytest.mark.django_db(transaction=True)
def test_a_deletion_that_was_cut_off_is_finished_by_the_next_one(monkeypatch, owner, project):
    record = audit.record
    KeyEncryptionKey.objects.current_for(project)
    failing = _after(2, lambda *_args, **_options: 1 / 0)
    monkeypatch.setattr("accounts.models.project.audit.record", failing)
    with pytest.raises(ZeroDivisionError):
        project.shred_and_delete(typed_name="Aurora", by=owner)

    monkeypatch.setattr("accounts.models.project.audit.record", record)
    Project.objects.get(pk=project.pk).shred_and_delete(typed_name="Aurora", by=owner)

    assert not Project.objects.exists()


def test_nothing_is_destroyed_where_something_outside_needs_a_row(monkeypatch, project, owner):
    kek = KeyEncryptionKey.objects.current_for(project)

    def refuse(*_args, **_options):
        raise RestrictedError("needed", [])

    monkeypatch.setattr("accounts.models.project.Collector.collect", refuse)
    with pytest.raises(RestrictedError):
        project.shred_and_delete(typed_name="Aurora", by=owner)

    kek.refresh_from_db()
    assert kek.is_openable


def test_every_change_of_a_project_is_recorded_and_moves_the_epoch(project, owner):
    epoch = Epoch.current()

    project.archive(by=owner)

    event = AuditEvent.objects.filter(action="projects:UpdateProject").latest("sequence")
    assert (event.before or {})["archived"] is False
    assert (event.after or {})["archived"] is True
    assert event.project_id == project.public_id
    assert Epoch.current() > epoch


def test_destroying_is_a_matter_of_one_statement(project, django_assert_num_queries):
    KeyEncryptionKey.objects.current_for(project)

    with django_assert_num_queries(1):
        destroyed = KeyEncryptionKeyQuerySet(KeyEncryptionKey).destroy(at=project.created_at)

    assert destroyed == 1


def _after(calls, then):
    """Let the first calls pass without effect, and do something else from then on."""
    made = []

    def record(*args, **options):
        made.append(args)
        return then(*args, **options) if len(made) >= calls else None

    return record
