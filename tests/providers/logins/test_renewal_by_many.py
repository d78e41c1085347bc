"""Twenty processes need a new token at one moment; the authorization server is asked once."""

import multiprocessing
import threading
import warnings
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from providers.models import Login
from providers.services.logins import renewal
from tests.factories import make_project
from tests.gateway.conftest import shared_db, template
from tests.providers.logins.conftest import provider_at, signed_in

__all__ = ["shared_db", "template"]

PROCESSES = 20
PATIENCE_S = 60


@pytest.fixture
def login(server, shared_db):
    """A login whose access token has run out, in a database that processes share."""
    login = signed_in(server, provider_at(server, make_project()))
    past = timezone.now() - timedelta(seconds=1)
    Login.objects.filter(pk=login.pk).update(good_until=past, renew_at=past)
    return login


def need_token(pk, gate, results):
    """Run in a process of its own: wait for the others, then need the token."""
    connections.close_all()
    login = Login.objects.with_provider().get(pk=pk)
    gate.wait(PATIENCE_S)
    try:
        renewed = renewal.fresh(login)
        results.put(renewed.access(now=timezone.now())["access_token"])
    except Exception as error:  # noqa: BLE001 - the test shows it
        results.put(repr(error))
    connections.close_all()


def started(login, count):
    fork = multiprocessing.get_context("fork")
    gate, results = fork.Barrier(count), fork.Queue()
    connections.close_all()
    workers = [
        fork.Process(target=need_token, args=(login.pk, gate, results)) for _ in range(count)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # the server's thread is not needed there
        for worker in workers:
            worker.start()
    return workers, results


def test_twenty_processes_make_one_request_and_all_have_its_token(server, login):
    workers, results = started(login, PROCESSES)

    tokens = {results.get(timeout=PATIENCE_S) for _ in workers}
    for worker in workers:
        worker.join(PATIENCE_S)

    assert len(server.grants("refresh_token")) == 1
    current = Login.objects.get(pk=login.pk)
    assert tokens == {current.opened(purpose="test", now=timezone.now()).access_token}
    assert current.version == login.version + 1


def test_a_process_killed_in_its_renewal_holds_the_others_up_for_its_lease_alone(server, login):
    """The server has not answered when the process dies: the refresh token is still good."""
    server.hold = threading.Event()
    server.entered.clear()
    server.answers = [(503, {})]  # what nobody hears any more
    (worker,), _ = started(login, 1)
    assert server.entered.wait(PATIENCE_S)
    worker.kill()
    worker.join(PATIENCE_S)
    server.hold.set()
    server.hold = None
    held = Login.objects.get(pk=login.pk)
    assert held.lease_until is not None

    past = timezone.now() - timedelta(seconds=1)
    Login.objects.filter(pk=login.pk).update(lease_until=past)
    renewed = renewal.fresh(Login.objects.with_provider().get(pk=login.pk))

    assert renewed.version == login.version + 1
    assert len(server.grants("refresh_token")) == 2


def test_whoever_waits_longer_than_a_renewal_may_take_is_told(server, login, monkeypatch):
    monkeypatch.setattr(renewal, "LIMIT_S", 0.0)
    Login.objects.filter(pk=login.pk).update(lease_until=timezone.now() + timedelta(minutes=1))

    with pytest.raises(renewal.RenewalFailed, match="Another process"):
        renewal.fresh(Login.objects.with_provider().get(pk=login.pk))
