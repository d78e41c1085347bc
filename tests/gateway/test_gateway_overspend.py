"""Nobody overspends: calls of several gateways at once, with Redis and without."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from tests import factories
from tests.gateway import upstream as up
from tests.gateway.redis_server import RedisServer
from usage.models import LimitWindow, UsageRecord

CALLS = 400
CALL = Decimal("0.000013")  # what the upstream's plain answer costs
WORD = {
    "object": "chat.completion.chunk",
    "choices": [{"index": 0, "delta": {"content": "Hm"}}],
}


@pytest.fixture
def server(settings):
    server = RedisServer()
    server.start()
    settings.REDIS_ADDRESS = server.address
    yield server
    server.remove()


@pytest.fixture
def gateways(server, start_gateway, tmp_path):
    return [
        start_gateway(redis_address=server.address, spool_dir=tmp_path / name)
        for name in ("one", "two")
    ]


def test_calls_at_once_are_counted_over_gateways(gateways, provider, aurora, token, upstream):
    factories.make_limit(aurora, measure="concurrent", amount=1)
    one, two = gateways
    one.notice()
    two.notice()
    hold = threading.Event()

    async def speak_long(peer):
        await peer.send(up.EVENTS_HEAD)
        await peer.send_event(WORD)
        await asyncio.to_thread(hold.wait, 20)
        await peer.end()

    upstream.next.append(speak_long)
    with one.streaming(token) as answer:
        assert answer.read1(10)
        refused = two.chat(token)
        hold.set()
        answer.read()
    one.settle()
    one.run(one.engine.pipeline.limits.flush())

    assert refused.status == 429
    assert two.chat(token).status == 200


def test_each_process_goes_by_its_share_while_redis_is_away(
    server, start_gateway, provider, aurora, token
):
    factories.make_limit(aurora, measure="requests_per_minute", amount=4)
    gateway = start_gateway(redis_address=server.address)
    assert gateway.chat(token).status == 200

    server.stop()
    told = [gateway.chat(token).status for _ in range(5)]

    assert told == [200, 200, 200, 429, 429]


@pytest.mark.parametrize("measure", ["usd_per_day", "usd_per_month"])
def test_hundreds_of_concurrent_calls_never_spend_more_than_the_limit_and_one_reservation(
    gateways, server, provider, aurora, token, measure
):
    """Two gateways, sixteen clients, Redis gone half-way: some of each are refused."""
    amount = Decimal("0.002")  # of about 154 calls
    factories.make_limit(aurora, measure=measure, amount=amount)
    factories.make_limit(aurora, measure="requests_per_minute", amount=100_000)
    for gateway in gateways:
        gateway.notice()
    count, told = threading.Semaphore(0), []

    def call(number):
        gateway = gateways[number % 2]
        told.append(gateway.chat(token, max_tokens=10, stream=number % 3 == 0).status)
        count.release()

    with ThreadPoolExecutor(16) as clients:
        calls = [clients.submit(call, number) for number in range(CALLS)]
        for _ in range(CALLS // 8):
            assert count.acquire(timeout=60)
        server.stop()
        for one in calls:
            one.result()
    for gateway in gateways:
        gateway.settle()

    most_of_one = Decimal("0.000023")  # three tokens of prompt, ten of answer
    spent = sum(UsageRecord.objects.values_list("cost", flat=True))
    assert set(told) == {200, 429}
    assert spent <= amount + most_of_one
    assert spent == told.count(200) * CALL
    assert told.count(200) > 100
    window = LimitWindow.objects.get(measure=measure)
    assert (window.spent, window.reserved) == (spent, 0)
    assert window.refused == told.count(429)
