"""Nobody overspends: calls of several gateways at once, with Redis and without."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from gateway.prompt_bounds import most_prompt_tokens
from tests import factories
from tests.gateway import upstream as up
from tests.gateway.redis_server import RedisServer
from usage.models import LimitWindow, UsageRecord

CALLS = 200
CJK = st.text("上下左右東西南北春夏秋冬。、ひらがなカタカナ한국어", min_size=50, max_size=300)
CODE = st.text('{}[]();:=+-*/<>!&|_#\\"\n\t01xyz', min_size=50, max_size=600)
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


@st.composite
def budgets(draw):
    """Draw a limit of money and the prompts, with their max_tokens, that are sent under it."""
    measure = draw(st.sampled_from(["usd_per_day", "usd_per_week", "usd_per_month"]))
    amount = draw(st.decimals("0.0005", "0.05", places=4))
    prompts = st.one_of(CJK, CODE, st.text(max_size=300))
    calls = draw(st.lists(st.tuples(prompts, st.integers(1, 300)), min_size=1, max_size=8))
    return measure, amount, calls


def tokens_of(prompt):
    """Count as the worst tokenizer does: each byte is a token, and a message seven more."""
    return len(prompt.encode()) + 7


async def bill_the_most(peer):
    """Answer as long as the client lets it, after a moment in which the others come too."""
    asked = peer.request.json
    used = {
        "prompt_tokens": tokens_of(asked["messages"][0]["content"]),
        "completion_tokens": asked["max_tokens"],
    }
    await asyncio.sleep(0.02)
    if asked.get("stream"):
        await up.stream("Hm", usage=used)(peer)
    else:
        await up.answer(up.ANSWER | {"usage": used})(peer)


def in_usd(prompt_tokens, answer_tokens):
    return (prompt_tokens * 1 + answer_tokens * 2) * Decimal("0.000001")


def body_of(prompt, most, *, streams):
    messages = [{"role": "user", "content": prompt}]
    return {"model": "default", "messages": messages, "max_tokens": most, "stream": streams}


def call_at_once(gateways, token, calls, meanwhile):
    """Make all the calls at once, half of them streams; tell the status of each."""
    start = threading.Barrier(CALLS + 1)

    def call(number):
        prompt, most = calls[number % len(calls)]
        start.wait()
        body = body_of(prompt, most, streams=number % 4 > 1)
        return gateways[number % 2].ask(token, "/v1/chat/completions", body)

    with ThreadPoolExecutor(CALLS) as clients:
        answers = [clients.submit(call, number) for number in range(CALLS)]
        start.wait()
        for _ in zip(range(CALLS // 4), as_completed(answers), strict=False):
            pass
        meanwhile()
    for gateway in gateways:
        gateway.settle()
    return [answer.result().status for answer in answers]


@settings(
    max_examples=4,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.function_scoped_fixture,),
)
@given(budget=budgets())
@example(budget=("usd_per_month", Decimal("0.0200"), [("物語" * 100, 1), ("x = [[0]]\n", 300)]))
def test_hundreds_of_concurrent_calls_never_spend_more_than_the_limit_and_one_reservation(
    gateways, server, provider, aurora, upstream, budget
):
    """Two gateways, and Redis gone half-way; each budget is of a key of its own."""
    measure, amount, calls = budget
    upstream.usually = bill_the_most
    server.stop()
    server.start()
    key, token = factories.make_key(aurora)
    limit = factories.make_limit(key, measure=measure, amount=amount)
    factories.make_limit(key, measure="requests_per_minute", amount=100_000)
    for gateway in gateways:
        gateway.notice()

    told = call_at_once(gateways, token, calls, meanwhile=server.stop)

    spent = sum(
        UsageRecord.objects.filter(key_public_id=key.public_id).values_list("cost", flat=True)
    )
    answered = [calls[n % len(calls)] for n, status in enumerate(told) if status == 200]
    most_of_one = max(
        in_usd(most_prompt_tokens(body_of(prompt, most, streams=True)), most)
        for prompt, most in calls
    )
    assert 200 in told
    assert set(told) <= {200, 429}
    assert spent == sum(in_usd(tokens_of(prompt), most) for prompt, most in answered)
    assert spent <= amount + most_of_one
    window = LimitWindow.objects.get(limit=limit.public_id)
    assert (window.spent, window.reserved) == (spent, 0)
    assert window.refused == told.count(429)
