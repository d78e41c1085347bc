"""Rates under limits: over all processes on the server, and in one process alone."""

import asyncio
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import redis

from tests.gateway.redis_server import RedisServer
from usage.limits import rates, shared
from usage.limits.rules import Claim, Measure, Rule
from usage.limits.shared import RedisAway, SharedRates, admission, claiming, settling, staying

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def rule(measure, amount, *, id_="lim_1", **fields):
    plain = {"name": "Team", "project_pk": 1, "subject": "prj_1"}
    return Rule(id_, measure=measure, amount=Decimal(amount), **(plain | fields))


def claim(*rules, call="req_1", tokens=0):
    return Claim(call, rules, NOW, tokens=tokens)


class Alone:
    """One process that goes by its own counts."""

    def __init__(self):
        self._rates = rates.Rates()

    def ask(self, asked):
        now = time.time()
        standings = self._rates.standings(asked, processes=1, now=now)
        if rates_stop(standings):
            return None
        self._rates.take(asked, now=now)
        return int(now)

    def settle(self, asked, second, *, tokens=0, requests=1):
        self._rates.settle(asked, tokens=tokens, requests=requests, second=second)


class Together:
    """All processes, by the server."""

    def __init__(self, address):
        self._address = address

    def ask(self, asked):
        told = admission(asked, self.trip(claiming(asked))[0])
        return told.second if told.is_admitted else None

    def settle(self, asked, second, *, tokens=0, requests=1):
        self.trip(settling(asked, second=second, tokens=tokens, requests=requests))

    def trip(self, *asks):
        async def go():
            ways = SharedRates(self._address)
            try:
                return await ways.trip(asks)
            finally:
                await ways.close()

        return asyncio.run(go())


def rates_stop(standings):
    return any(one.is_full and not one.rule.is_shadow for one in standings)


@pytest.fixture(scope="module")
def server():
    server = RedisServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def together(server, monkeypatch):
    monkeypatch.setattr(
        shared, "DEADLINE_S", 20.0
    )  # of a busy machine nothing is to be learnt here
    server.client.flushall()
    return Together(server.address)


@pytest.fixture(params=["alone", "together"])
def counting(request):
    return Alone() if request.param == "alone" else request.getfixturevalue("together")


def test_no_more_requests_are_admitted_than_a_minute_may_have(counting):
    per_minute = rule(Measure.REQUESTS, 3)

    told = [counting.ask(claim(per_minute, call=f"req_{n}")) for n in range(5)]

    assert [second is not None for second in told] == [True, True, True, False, False]


def test_tokens_are_claimed_at_their_most_and_settled_at_what_they_were(counting):
    tokens = rule(Measure.TOKENS, 1_000)
    first = claim(tokens, tokens=5_000)
    second = counting.ask(first)
    assert counting.ask(claim(tokens, call="req_2", tokens=1)) is None

    counting.settle(first, second, tokens=900)

    assert counting.ask(claim(tokens, call="req_2", tokens=200)) is not None
    assert counting.ask(claim(tokens, call="req_3", tokens=1)) is None


def test_a_call_that_ends_makes_room_for_another(counting):
    at_once = rule(Measure.CONCURRENT, 2)
    calls = [claim(at_once, call=f"req_{n}") for n in range(3)]
    second = counting.ask(calls[0])
    counting.ask(calls[1])
    assert counting.ask(calls[2]) is None

    counting.settle(calls[0], second)

    assert counting.ask(calls[2]) is not None


def test_a_call_that_was_refused_elsewhere_takes_nothing(counting):
    per_minute = rule(Measure.REQUESTS, 1)
    second = counting.ask(claim(per_minute))

    counting.settle(claim(per_minute), second, requests=0)

    assert counting.ask(claim(per_minute, call="req_2")) is not None


def test_a_call_claims_all_of_its_limits_or_none(counting):
    wide, narrow = rule(Measure.REQUESTS, 9), rule(Measure.REQUESTS, 1, id_="lim_2")
    counting.ask(claim(narrow))

    for number in range(20):
        assert counting.ask(claim(wide, narrow, call=f"req_{number}")) is None

    assert counting.ask(claim(wide, call="req_last")) is not None


def test_a_shadow_limit_admits_and_counts(counting):
    shadow = rule(Measure.REQUESTS, 1, is_shadow=True)

    assert all(counting.ask(claim(shadow, call=f"req_{n}")) is not None for n in range(3))


def test_the_server_says_how_long_to_wait(together):
    per_minute = rule(Measure.REQUESTS, 1)
    together.ask(claim(per_minute))

    told = admission(claim(per_minute), together.trip(claiming(claim(per_minute)))[0])

    assert 58 <= told.standings[0].wait_s <= 60
    assert told.standings[0].used == 1


def test_the_minute_slides(together, server):
    per_minute = rule(Measure.REQUESTS, 2)
    second = int(server.client.time()[0])
    server.client.hset("axiom:limit:lim_1", mapping={second - 61: 5, second - 30: 1})

    assert together.ask(claim(per_minute)) is not None
    assert together.ask(claim(per_minute, call="req_2")) is None


def test_a_call_whose_process_was_killed_is_forgotten(together, server):
    at_once = rule(Measure.CONCURRENT, 1)
    together.ask(claim(at_once))
    long_ago = int(server.client.time()[0]) - 1
    server.client.zadd("axiom:limit:lim_1", {"req_1": long_ago})

    assert together.ask(claim(at_once, call="req_2")) is not None


def test_a_call_that_its_process_speaks_of_is_kept(together, server):
    at_once = rule(Measure.CONCURRENT, 1)
    together.trip(staying("lim_1", {"req_1"}))

    assert together.ask(claim(at_once, call="req_2")) is None


def test_a_page_reads_how_full_rates_are(together, server):
    per_minute, at_once = rule(Measure.REQUESTS, 9), rule(Measure.CONCURRENT, 9, id_="lim_2")
    together.ask(claim(per_minute, at_once))
    together.ask(claim(per_minute, call="req_2"))

    assert shared.levels(server.client, [per_minute, at_once]) == [2, 1]


def test_a_page_is_told_when_the_server_is_away():
    nowhere = redis.Redis.from_url("unix:///nowhere/valkey.sock")

    assert shared.levels(nowhere, [rule(Measure.REQUESTS, 9)]) == [None]


def test_a_server_that_is_away_is_not_asked_by_every_call():
    async def go():
        ways = SharedRates("unix:///nowhere/valkey.sock")
        with pytest.raises(RedisAway):
            await ways.trip([claiming(claim(rule(Measure.REQUESTS, 1)))])
        return ways.is_away

    assert asyncio.run(go())


def test_the_shares_of_processes_add_up_to_the_limit_at_most():
    per_minute = rule(Measure.REQUESTS, 10)
    processes = [rates.Rates() for _ in range(3)]
    admitted = 0

    for number in range(60):
        own = processes[number % 3]
        asked = claim(per_minute, call=f"req_{number}")
        if not rates_stop(own.standings(asked, processes=3, now=1_000.0)):
            own.take(asked, now=1_000.0)
            admitted += 1

    assert admitted == 9
