"""Limits at the gateway: who is refused, in whose words, and what a call leaves behind."""

import time
from decimal import Decimal

import pytest

from accounts.models import ApiKey
from gateway.database import DatabaseAway
from gateway.services import limits
from providers.kinds.vocabulary import Format
from providers.models import ProviderModel
from tests import factories
from tests.gateway.redis_server import RedisServer
from tests.gateway.speakers import ALL
from usage.models import LimitReservation, LimitWindow, UsageRecord

CALL = Decimal("0.000013")  # what the upstream's plain answer costs


@pytest.fixture
def server(settings):
    server = RedisServer()
    server.start()
    settings.REDIS_ADDRESS = server.address
    yield server
    server.remove()


@pytest.fixture
def gateway(server, start_gateway):
    return start_gateway(redis_address=server.address)


def window_of(limit):
    return LimitWindow.objects.get(limit=limit.public_id)


def spend(limit, amount):
    LimitWindow.objects.filter(limit=limit.public_id).update(spent=Decimal(amount))


def test_a_call_without_limits_asks_nobody(gateway, provider, token, server):
    gateway.learn(token)

    assert gateway.chat(token).status == 200

    assert not LimitWindow.objects.exists()
    assert "cmdstat_eval" not in server.client.info("commandstats")


def test_the_request_after_the_last_one_is_refused_with_the_limits_name(
    gateway, provider, aurora, token
):
    factories.make_limit(aurora, measure="requests_per_minute", amount=2, name="Team")
    gateway.notice()

    told = [gateway.chat(token) for _ in range(3)]

    assert [one.status for one in told] == [200, 200, 429]
    assert told[2].error["code"] == "limit_reached"
    assert told[2].error["type"] == "rate_limit_error"
    assert "“Team” on this project is reached: 2 requests a minute" in told[2].error["message"]
    assert 55 <= int(told[2].headers["retry-after"]) <= 60


def test_money_that_is_spent_refuses_until_the_window_ends(gateway, provider, aurora, token):
    limit = factories.make_limit(aurora, measure="usd_per_month", amount=5, name="Budget")
    spend(limit, 5)
    gateway.notice()

    told = gateway.chat(token)

    assert told.status == 429
    assert "“Budget” on this project is reached: $5.00 a month" in told.error["message"]
    left = (window_of(limit).ends_at.timestamp()) - time.time()
    assert abs(int(told.headers["retry-after"]) - left) < 60


def test_a_refusal_leaves_a_line_that_costs_nothing(gateway, provider, aurora, token, upstream):
    spend(factories.make_limit(aurora, measure="usd_per_day", amount=5), 5)
    gateway.notice()
    gateway.chat(token)
    gateway.settle()

    line = UsageRecord.objects.get()
    assert (line.status, line.error_class, line.cost) == (429, "limit_reached", 0)
    assert not upstream.seen


@pytest.mark.parametrize("streams", [False, True])
def test_a_call_is_settled_at_what_it_cost(gateway, provider, aurora, token, streams):
    limit = factories.make_limit(aurora, measure="usd_per_day", amount=5)
    gateway.notice()

    assert gateway.chat(token, stream=streams).status == 200
    gateway.settle()

    window = window_of(limit)
    assert window.spent == UsageRecord.objects.get().cost == CALL
    assert window.reserved == 0
    assert not LimitReservation.objects.exists()


def test_a_failed_call_gives_back_what_it_set_aside(gateway, provider, aurora, token, upstream):
    limit = factories.make_limit(aurora, measure="usd_per_day", amount=5)
    factories.make_limit(aurora, measure="concurrent", amount=1)
    gateway.notice()

    async def cut(peer):
        peer.cut()

    upstream.next.append(cut)
    assert gateway.chat(token).status == 502
    gateway.settle()

    assert (window_of(limit).spent, window_of(limit).reserved) == (0, 0)
    assert gateway.chat(token).status == 200


def test_a_limit_of_an_agent_leaves_others_alone(gateway, provider, aurora, token):
    agent, agent_token = factories.make_agent(aurora)
    spend(factories.make_limit(agent, measure="usd_per_week", amount=5), 9)
    gateway.notice()

    assert gateway.chat(agent_token).status == 429
    assert gateway.chat(token).status == 200


def test_a_limit_of_a_key_counts_that_key_alone(gateway, provider, aurora, token):
    key = ApiKey.objects.get()
    _, other = factories.make_key(aurora)
    limit = factories.make_limit(key, measure="usd_per_day", amount=1)
    gateway.notice()

    gateway.chat(token)
    gateway.chat(other)
    gateway.settle()

    assert window_of(limit).spent == CALL


@pytest.mark.parametrize("speaker", ALL, ids=lambda speaker: speaker.format.value)
def test_each_client_family_is_refused_in_its_own_form(gateway, aurora, token, speaking, speaker):
    speaking(speaker)
    factories.make_limit(aurora, measure="requests_per_minute", amount=1, name="Team")
    gateway.notice()
    gateway.ask(token, speaker.path, speaker.asked)

    told = gateway.ask(token, speaker.path, speaker.asked)

    assert told.status == 429
    assert "“Team” on this project is reached" in told.error["message"]
    assert int(told.headers["retry-after"]) > 0
    said = {Format.GEMINI: ("status", "RESOURCE_EXHAUSTED")}
    name, value = said.get(speaker.format, ("type", "rate_limit_error"))
    assert told.error[name] == value


def test_shadow_mode_refuses_nothing_and_counts_what_it_would_have(
    gateway, provider, aurora, token
):
    money = factories.make_limit(aurora, measure="usd_per_day", amount=5, is_shadow=True)
    rate = factories.make_limit(aurora, measure="requests_per_minute", amount=1, is_shadow=True)
    spend(money, 5)
    gateway.notice()

    assert [gateway.chat(token).status for _ in range(3)] == [200, 200, 200]
    gateway.run(gateway.engine.pipeline.limits.flush())

    assert window_of(money).would_refuse == 3
    assert window_of(rate).would_refuse == 2


def test_an_unpriced_model_is_refused_under_a_limit_of_money(gateway, provider, aurora, token):
    limit = factories.make_limit(aurora, measure="usd_per_day", amount=5, name="Budget")
    ProviderModel.objects.update(output_price=None)
    gateway.notice()

    told = gateway.chat(token)

    assert told.status == 403
    assert told.error["code"] == "model_unpriced"
    assert "upstream-model has no price, and the limit “Budget”" in told.error["message"]
    draft = limits.LimitDraft(name="Budget", amount=Decimal(5), allows_unpriced=True)
    limits.change(limit, draft, by=None, now=window_of(limit).starts_at)
    gateway.notice()
    assert gateway.chat(token).status == 200
    gateway.settle()
    assert (window_of(limit).unpriced, window_of(limit).spent) == (1, 0)


def test_an_unpriced_candidate_is_passed_over(gateway, provider, fallback, aurora, token, spare):
    factories.make_limit(aurora, measure="usd_per_day", amount=5)
    provider.models.update(output_price=None)
    gateway.notice()

    assert gateway.chat(token).status == 200
    assert len(spare.seen) == 1


def test_a_free_model_goes_on_when_the_money_is_used_up(gateway, provider, aurora, token):
    spend(factories.make_limit(aurora, measure="usd_per_day", amount=5), 5)
    ProviderModel.objects.update(input_price=0, output_price=0)
    gateway.notice()

    assert gateway.chat(token).status == 200


def test_a_higher_limit_counts_from_the_next_call_on(gateway, provider, aurora, token):
    limit = factories.make_limit(aurora, measure="usd_per_day", amount=5)
    spend(limit, 5)
    gateway.notice()
    assert gateway.chat(token).status == 429

    draft = limits.LimitDraft(name=limit.name, amount=Decimal(50))
    limits.change(limit, draft, by=None, now=window_of(limit).starts_at)
    gateway.notice()

    assert gateway.chat(token).status == 200


def test_a_database_that_is_away_is_said_and_nothing_is_admitted(
    gateway, provider, aurora, token, monkeypatch
):
    factories.make_limit(aurora, measure="usd_per_day", amount=5)
    gateway.learn(token)

    async def away(_claims):
        raise DatabaseAway

    monkeypatch.setattr(gateway.engine.pipeline.limits._claims, "_trip", away)

    told = gateway.chat(token)

    assert told.status == 503
    assert "retry-after" in told.headers
