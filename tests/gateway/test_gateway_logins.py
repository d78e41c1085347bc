"""Calls to a provider that somebody signed in to: renewed before they go out, never expired."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.utils import timezone

from providers.models import Login
from tests.gateway.records import routing_of
from tests.providers.logins.authorization_server import AuthorizationServer
from tests.providers.logins.conftest import provider_at, signed_in


@pytest.fixture
def server():
    running = AuthorizationServer()
    yield running
    running.stop()


@pytest.fixture
def login(aurora, upstream, server):
    """A login to the active model's provider, whose access token has run out."""
    provider = provider_at(server, aurora)
    provider.base_url = upstream.base_url
    provider.save()
    login = signed_in(server, provider)
    routing_of(aurora).set_active(provider.default_model)
    past = timezone.now() - timedelta(seconds=1)
    Login.objects.filter(pk=login.pk).update(good_until=past, renew_at=past)
    return login


def shown_to(upstream):
    return [seen.headers["authorization"].removeprefix("Bearer ") for seen in upstream.seen]


def current(login):
    return Login.objects.get(pk=login.pk).opened(purpose="test", now=timezone.now()).access_token


def test_a_token_that_has_run_out_is_renewed_first_and_once_for_all(
    gateway, token, login, upstream, server
):
    with ThreadPoolExecutor(5) as callers:
        told = list(callers.map(lambda _: gateway.chat(token).status, range(5)))

    assert told == [200] * 5
    assert len(server.grants("refresh_token")) == 1
    assert set(shown_to(upstream)) == {current(login)}


def test_a_renewed_token_is_taken_over_when_the_held_one_ends(
    gateway, token, login, upstream, server
):
    server.expires_in = 5
    gateway.chat(token)
    first = current(login)
    server.expires_in = 3600
    Login.objects.filter(pk=login.pk).update(good_until=timezone.now() - timedelta(seconds=1))
    # Unless the first call's renewal has moved the epoch meanwhile: then nothing is held.
    for access in gateway.engine.pipeline.attempts._accesses._known.values():
        object.__setattr__(access, "good_until", timezone.now() - timedelta(seconds=1))

    gateway.chat(token)

    assert shown_to(upstream) == [first, current(login)]


def test_a_refused_grant_answers_with_what_to_do_and_sends_nothing(
    gateway, token, login, upstream, server
):
    server.revoke()

    told = gateway.chat(token)

    assert told.status == 502
    assert "Renew its token" in told.error["message"]
    assert upstream.seen == []
    gateway.notice()
    assert gateway.chat(token).status == 502
    assert len(server.grants("refresh_token")) == 1


def test_an_authorization_server_in_trouble_sends_the_call_elsewhere_with_its_words(
    gateway, token, login, upstream, server
):
    server.answers = [(503, {})]

    told = gateway.chat(token)

    assert told.status in {502, 503}
    assert "gave no token (HTTP 503)" in told.error["message"]
    assert upstream.seen == []
