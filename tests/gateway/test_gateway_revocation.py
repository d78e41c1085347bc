"""What was taken away works nowhere any more once the revoking call has returned."""

import asyncio
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import barrier
from accounts.models import ApiKey, Epoch, EpochReader
from tests import factories
from tests.gateway.running import PATIENCE_S

pytestmark = pytest.mark.usefixtures("shared_db")


@pytest.fixture(autouse=True)
def nothing_unconfirmed():
    barrier.begin()


def revoke(token):
    key = ApiKey.objects.with_token(token).get()
    key.revoke(by=key.created_by, at=timezone.now())


def test_a_revoked_key_is_refused_by_every_gateway_from_then_on(start_gateway, provider, token):
    gateways = [start_gateway(), start_gateway()]
    for gateway in gateways:
        gateway.learn(token)

    revoke(token)

    assert barrier.unconfirmed() == ()
    assert [gateway.chat(token).status for gateway in gateways] == [401, 401]


def test_a_process_that_does_not_confirm_is_named(monkeypatch, provider, token):
    monkeypatch.setattr(barrier, "LONGEST_S", 0.05)
    EpochReader.note("stuck", Epoch.current(), now=timezone.now())

    revoke(token)

    assert barrier.unconfirmed() == ("stuck",)


def test_a_process_that_has_died_is_not_waited_for(monkeypatch, provider, token):
    monkeypatch.setattr(barrier, "LONGEST_S", 30)
    died_at = timezone.now() - EpochReader.ALIVE - timedelta(seconds=1)
    EpochReader.note("dead", Epoch.current(), now=died_at)

    revoke(token)

    assert barrier.unconfirmed() == ()


def test_a_gateway_whose_look_ups_are_slow_confirms_all_the_same(gateway):
    gate, look_ups = threading.Event(), gateway.engine._look_ups
    held = [
        asyncio.run_coroutine_threadsafe(look_ups.run(gate.wait), gateway.loop) for _ in range(8)
    ]
    Epoch.bump()
    gateway.notice()

    gateway.run(gateway.engine.epochs.confirm())

    reader = EpochReader.objects.get(name=gateway.engine.epochs.name)
    gate.set()
    for one in held:
        one.result(PATIENCE_S)
    assert reader.epoch == Epoch.current()


def test_a_gateway_that_stops_takes_its_leave(gateway):
    assert EpochReader.objects.filter(name=gateway.engine.epochs.name).exists()

    gateway.stop()

    assert not EpochReader.objects.exists()


def test_a_confirmation_under_way_does_not_outlive_the_gateway(monkeypatch, gateway):
    note, begun = EpochReader.note, threading.Event()

    def note_late(*values, **named):
        begun.set()
        time.sleep(0.2)
        note(*values, **named)

    monkeypatch.setattr(EpochReader, "note", note_late)
    gateway.loop.call_soon_threadsafe(gateway.engine.epochs._moved.set)
    assert begun.wait(10)

    gateway.stop()

    assert not EpochReader.objects.exists()


def test_readers_that_were_not_heard_of_for_long_are_forgotten():
    EpochReader.note("old", 1, now=timezone.now() - EpochReader.FORGOTTEN - timedelta(seconds=1))

    EpochReader.note("new", 1, now=timezone.now())

    assert list(EpochReader.objects.values_list("name", flat=True)) == ["new"]


def test_whoever_revokes_is_told_who_has_not_confirmed(client, monkeypatch, provider, aurora):
    monkeypatch.setattr(barrier, "LONGEST_S", 0.05)
    EpochReader.note("stuck", 0, now=timezone.now())
    key, token = factories.make_key(aurora)

    answer = client.delete(
        f"/api/v1/api-keys/{key.public_id}", headers={"authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 204
    assert answer.headers["x-axiom-unconfirmed"] == "stuck"


def test_a_name_that_was_just_made_is_not_unknown(gateway, provider, token):
    """Nobody notices for it: a name that leads nowhere is looked up once more."""
    gateway.learn(token)
    gateway.be_still()
    provider.models.filter(upstream_id="other-model").update(upstream_id="new-model")
    Epoch.bump()

    assert gateway.chat(token, model="near-ai/new-model").status == 200
