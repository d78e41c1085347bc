import threading

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, AuditHead
from accounts.models.audit import ChainIsAppendOnly, breaks
from accounts.permissions import Undeclared
from accounts.principal import Principal
from tests.factories import make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def events(project, owner):
    """A chain of some events."""
    for number in range(3):
        audit.record(owner, "projects:UpdateProject", project, before=None, after={"n": number})
    return list(AuditEvent.objects.in_chain_order())


def tamper(event, **values):
    """Change a row behind the model's back, as somebody with the database could."""
    columns = ", ".join(f"{name} = %s" for name in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE accounts_auditevent SET {columns} WHERE id = %s",  # noqa: S608 - the test's own words
            [*values.values(), event.pk],
        )


def test_an_event_says_who_did_what_to_which_object_where(project, owner):
    event = audit.record(
        owner, "projects:UpdateProject", project, before={"name": "A"}, after={"name": "B"}
    )

    assert (event.actor_id, event.actor_name) == (owner.public_id, owner.email)
    assert (event.action, event.outcome) == ("projects:UpdateProject", "allowed")
    assert (event.target_type, event.target_id) == ("project", project.public_id)
    assert (event.target_name, event.project_name) == ("Aurora", "Aurora")
    assert (event.before, event.after) == ({"name": "A"}, {"name": "B"})


def test_a_keys_deeds_name_the_key_and_its_creator(project, owner):
    key, _ = make_key(project)

    event = audit.record(Principal.of_key(key, now=timezone.now()), "routing:UpdateRouting", None)

    assert (event.key_id, event.actor_id) == (key.public_id, owner.public_id)
    assert event.project_id == project.public_id


def test_axioms_own_deeds_have_no_person(project):
    event = audit.record(None, "catalog:SyncCatalog", None)

    assert (event.actor_id, event.actor_name) == ("", "Axiom itself")


def test_an_action_that_the_registry_does_not_have_is_not_recorded(owner):
    with pytest.raises(Undeclared):
        audit.record(owner, "projects:Explode", None)


def test_a_sound_chain_is_proved(events, capsys):
    call_command("verify_audit")

    assert capsys.readouterr().out == f"The audit chain holds: {len(events)} events.\n"


def test_an_empty_chain_is_proved(capsys):
    call_command("verify_audit")

    assert "0 events" in capsys.readouterr().out


@pytest.mark.parametrize(
    "values",
    [
        {"actor_name": "somebody else"},
        {"outcome": "denied"},
        {"after": '{"n":7}'},
        {"before": "{}"},
        {"at": "2020-01-01 00:00:00+00:00"},
        {"request_id": "forged"},
    ],
)
def test_a_changed_event_is_named(events, values):
    tamper(events[1], **values)

    with pytest.raises(CommandError, match=f"{events[1].public_id} was changed"):
        call_command("verify_audit")


def test_a_changed_event_with_a_new_hash_breaks_the_next_one(events):
    events[1].actor_name = "somebody else"
    tamper(events[1], actor_name="somebody else", hash=events[1].computed_hash())

    with pytest.raises(CommandError, match=f"{events[2].public_id} does not follow"):
        call_command("verify_audit")


def test_a_removed_event_is_named(events):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_auditevent WHERE id = %s", [events[1].pk])

    with pytest.raises(CommandError, match=f"event 2 is missing before {events[2].public_id}"):
        call_command("verify_audit")


def test_a_removed_end_is_named(events):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_auditevent WHERE id = %s", [events[-1].pk])

    with pytest.raises(CommandError, match="the chain ends after event"):
        call_command("verify_audit")


def test_the_first_of_several_breaks_is_the_one_that_is_named(events):
    tamper(events[2], actor_name="x")
    tamper(events[0], actor_name="x")

    assert next(breaks()).startswith(events[0].public_id)


def test_events_are_only_ever_appended(events):
    events[0].actor_name = "somebody else"

    with pytest.raises(ChainIsAppendOnly):
        events[0].save()
    with pytest.raises(ChainIsAppendOnly):
        events[0].delete()
    with pytest.raises(ChainIsAppendOnly):
        AuditEvent.objects.update(actor_name="x")
    with pytest.raises(ChainIsAppendOnly):
        AuditEvent.objects.filter(pk=events[0].pk).delete()
    with pytest.raises(ChainIsAppendOnly):
        AuditEvent.objects.bulk_create([AuditEvent()])
    with pytest.raises(ChainIsAppendOnly):
        AuditEvent(sequence=99, at=timezone.now()).save()
    assert list(breaks()) == []


def test_an_event_reads_back_as_it_was_written(project, owner):
    odd = {"float": 1e22, "nul": "\x00", "nested": [{"ü": None}], "big": 10**30, "small": 0.1}

    written = audit.record(owner, "projects:UpdateProject", project, before=odd, after={})

    assert AuditEvent.objects.get(pk=written.pk).before == odd
    assert list(breaks()) == []


def test_the_chain_survives_the_person_the_object_and_the_project(project, owner, viewer, staff):
    viewer.remove(by=owner)
    project.shred_and_delete(typed_name="Aurora", by=owner)

    assert AuditEvent.objects.filter(target_name=viewer.email).exists()
    assert list(breaks()) == []


@pytest.mark.django_db(transaction=True)
def test_events_recorded_at_the_same_time_make_one_chain(project, owner):
    start = threading.Barrier(4)

    def write():
        try:
            start.wait(timeout=10)
            for _ in range(5):
                _insistently(lambda: audit.record(owner, "projects:UpdateProject", project))
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert AuditEvent.objects.filter(action="projects:UpdateProject").count() == 20
    assert AuditHead.objects.get().sequence == AuditEvent.objects.count()
    assert list(breaks()) == []


def _insistently(write):
    """Try again while SQLite lets another writer in; PostgreSQL makes us wait by itself."""
    while True:
        try:
            write()
        except OperationalError:
            continue
        return
