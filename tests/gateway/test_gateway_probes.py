"""A model that was left alone is probed through a running gateway."""

import json

import pytest

from gateway.breaker import FAILURES_TO_OPEN, State
from tests.gateway import upstream as up

BOOM = up.answer({"error": {"message": "boom"}}, status=500)
NO_KEY = up.answer({"error": {"message": "no such key"}}, status=401)


@pytest.fixture
def after_the_minute(gateway, fallback, token, upstream):
    """Near AI has failed until it was left alone, and a minute is over."""
    upstream.next += [BOOM] * FAILURES_TO_OPEN
    for _ in range(FAILURES_TO_OPEN):
        gateway.chat(token)
    breaker = gateway.engine.pipeline.breaker
    breaker.learn([(key, State(FAILURES_TO_OPEN, 0.0)) for key in tuple(breaker._states)])


def credential_is_refused(gateway, token, upstream):
    upstream.next.append(NO_KEY)

    assert gateway.chat(token).status == 502


def client_leaves(gateway, token, upstream):
    seen = len(upstream.seen)
    upstream.next.append(up.silence)
    body = json.dumps({"model": "default", "messages": []})
    with gateway.connection() as connection:
        headers = {"authorization": f"Bearer {token}"}
        connection.request("POST", "/v1/chat/completions", body, headers)
        upstream.wait_until(lambda server: len(server.seen) > seen)
    gateway.settle()


@pytest.mark.parametrize("probe", [credential_is_refused, client_leaves])
@pytest.mark.usefixtures("after_the_minute")
def test_a_probe_that_tells_nothing_is_followed_by_the_next(gateway, token, upstream, probe):
    probe(gateway, token, upstream)

    assert gateway.chat(token).headers["x-axiom-provider"] == "near-ai"


@pytest.mark.usefixtures("after_the_minute")
def test_a_probe_that_fails_is_followed_by_a_minute(gateway, token, upstream):
    upstream.next.append(BOOM)
    gateway.chat(token)

    assert gateway.chat(token).headers["x-axiom-provider"] == "spare-ai"
