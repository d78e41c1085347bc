"""Things go away under load: what was answered stands in the ledger, once each."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError

from tests.gateway.redis_server import RedisServer
from usage.models import UsageRecord

CALLS = 60
SOME = 15


@pytest.fixture
def server(settings):
    server = RedisServer()
    server.start()
    settings.REDIS_ADDRESS = server.address
    yield server
    server.remove()


class Load:
    """Calls from four clients at once, which tell when some of them have been answered."""

    def __init__(self, gateways, token):
        self.gateways, self._token = gateways, token
        self.told = []
        self._some = threading.Semaphore(0)

    def run(self):
        with ThreadPoolExecutor(4) as clients:
            list(clients.map(self._call, range(CALLS)))

    def until_some_more(self):
        for _ in range(SOME):
            assert self._some.acquire(timeout=30)

    def _call(self, number):
        gateway = self.gateways[number % len(self.gateways)]
        self.told.append(gateway.chat(self._token, stream=number % 3 == 0))
        self._some.release()


@pytest.fixture
def load(start_gateway, server, provider, token, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    gateways = [start_gateway(redis_address=server.address, spool_dir=folder) for folder in folders]
    for gateway in gateways:
        gateway.learn(token)
    UsageRecord.objects.all().delete()
    made = Load(gateways, token)
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    thread.join(30)


def settled(load):
    for gateway in load.gateways:
        gateway.settle()
    return Counter(UsageRecord.objects.values_list("public_id", flat=True))


def test_redis_and_the_database_go_away_under_load_and_no_row_is_lost(load, server, upstream):
    load.until_some_more()
    server.stop()
    load.until_some_more()
    with pytest.MonkeyPatch.context() as patch:

        def refuse(*_args, **_kwargs):
            raise OperationalError("server closed the connection unexpectedly")

        patch.setattr("django.db.backends.utils.CursorWrapper._execute_with_wrappers", refuse)
        patch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.connect", refuse)
        load.until_some_more()
    server.start()
    load.until_some_more()

    rows = settled(load)
    assert [told.status for told in load.told] == [200] * CALLS
    assert rows == Counter(told.headers["x-axiom-request-id"] for told in load.told)
    assert len(upstream.seen) == CALLS + 2  # one for each gateway that learned the token
