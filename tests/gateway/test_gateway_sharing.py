"""What gateways tell each other over a Redis-protocol server, and how they do without."""

import asyncio

import pytest

from accounts.models import Epoch
from gateway.breaker import CLOSED, FAILURES_TO_OPEN, State
from gateway.sharing import BREAKERS, states_in, text_of
from providers import live_traffic
from tests.gateway import upstream as up
from tests.gateway.redis_server import RedisServer
from tests.gateway.waiting import until


@pytest.fixture
def server(settings):
    server = RedisServer()
    server.start()
    settings.REDIS_ADDRESS = server.address
    yield server
    server.remove()


@pytest.fixture
def gateways(server, start_gateway, provider, token):
    """Two that know the token, and hear each other."""
    both = [start_gateway(redis_address=server.address) for _ in range(2)]
    for gateway in both:
        gateway.learn(token)
        until(lambda gateway=gateway: gateway.engine.sharing.is_here)
    return both


def test_a_state_is_read_as_it_was_written():
    state = State(4, 1_800_000_000.25)

    told = dict(states_in({b"key": text_of(state).encode(), "other": text_of(CLOSED)}, now=0))

    assert told == {"key": state, "other": CLOSED}


def test_what_was_open_long_ago_is_over():
    assert not dict(states_in({"key": text_of(State(3, 1_000))}, now=1_800_000_000))


def test_a_breaker_that_opens_in_one_process_is_open_in_the_other(
    gateways, server, token, upstream, fallback
):
    first, second = gateways
    for gateway in gateways:
        gateway.notice()
    upstream.next += [up.answer({}, status=503)] * FAILURES_TO_OPEN

    for _ in range(FAILURES_TO_OPEN):
        assert first.chat(token).headers["x-axiom-provider"] == "spare-ai"
    until(lambda: server.client.hgetall(BREAKERS))
    until(lambda: second.engine.pipeline.breaker._states == first.engine.pipeline.breaker._states)

    asked = len(upstream.seen)
    assert second.chat(token).headers["x-axiom-attempts"] == "1"
    assert len(upstream.seen) == asked


def test_what_calls_saw_reaches_the_health_monitor(gateways, token, upstream, provider, fallback):
    upstream.next.append(up.answer({}, status=503))
    gateways[0].notice()

    gateways[0].chat(token)

    seen = []
    until(lambda: seen.extend(live_traffic.take(most=10)) or seen)
    (observed,) = seen
    assert observed.provider_id == provider.public_id
    assert (observed.error_class, observed.http_status) == ("provider_error", 503)


def test_a_change_is_announced(gateways, monkeypatch):
    heard = []
    monkeypatch.setattr(gateways[0].engine.epochs, "hear", lambda: heard.append(True))

    Epoch.bump()

    until(lambda: heard)


def test_without_the_server_each_goes_alone_and_joins_again(gateways, server, token):
    first, _ = gateways
    server.stop()
    until(lambda: not first.engine.sharing.is_here)

    assert first.chat(token).status == 200
    Epoch.bump()  # nobody announces it
    assert first.chat(token).status == 200

    server.start()
    until(lambda: first.engine.sharing.is_here)


def test_a_gateway_stops_though_a_part_of_it_has_missed_that_it_was_told(start_gateway):
    gateway, missed = start_gateway(), []

    async def hard_of_hearing():
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if missed:
                    raise
                missed.append(True)

    async def keep():
        gateway.engine.keep_running(hard_of_hearing())

    gateway.run(keep())
    gateway.stop()

    assert missed
