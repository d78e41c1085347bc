"""Signing in by device code (RFC 8628), and Axiom's own tokens by client credentials."""

from datetime import timedelta

import pytest
from django.utils import timezone

from providers.models import LoginAttempt
from providers.services.logins import attempts, steps
from tests.factories import make_secret
from tests.providers.logins.authorization_server import CLIENT_SECRET
from tests.providers.logins.conftest import SESSION, begun, provider_at, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(server, project):
    """A login that waits for somebody to type the code."""
    begun_there = begun(provider_at(server, project, flow="device"))
    return steps.advance(begun_there.pk, now=timezone.now())


def asked_again(attempt):
    due = LoginAttempt.objects.get(pk=attempt.pk).due_at
    return steps.advance(attempt.pk, now=due)


def decide(server, word):
    server.devices = dict.fromkeys(server.devices, word)


def test_the_code_and_the_address_are_for_the_session_that_began(server, attempt):
    shown = attempts.shown(attempt, session=SESSION, now=timezone.now())

    assert shown == {
        "userCode": "WDJB-MJHT",
        "address": f"{server.origin}/activate",
        "wholeAddress": f"{server.origin}/activate?user_code=WDJB-MJHT",
    }
    assert attempts.shown(attempt, session="another", now=timezone.now()) == {}


def test_a_worker_asks_at_the_servers_pace_until_somebody_allows_it(server, attempt):
    assert asked_again(attempt).status == "waiting"
    waiting = LoginAttempt.objects.get(pk=attempt.pk)
    assert waiting.due_at > timezone.now() + timedelta(seconds=3)

    decide(server, "allowed")

    assert asked_again(attempt).status == "connected"
    assert not attempt.provider.needs_sign_in


def test_a_code_that_ends_sooner_than_a_login_says_when(server, project):
    server.device_lasts_s = 180
    begun_there = begun(provider_at(server, project, flow="device"))
    attempt = steps.advance(begun_there.pk, now=timezone.now())
    later = timezone.now() + timedelta(minutes=3)

    assert attempt.status_at(later) == "expired"
    assert "within 3 minutes" in attempts.sentence(attempt, now=later)


def test_slow_down_makes_it_slower(server, attempt):
    decide(server, "slow_down")

    assert asked_again(attempt).interval_s == 10
    assert asked_again(attempt).interval_s == 15


@pytest.mark.parametrize(
    ("word", "status"),
    [("access_denied", "denied"), ("expired_token", "expired"), ("invalid_client", "failed")],
)
def test_the_servers_no_ends_the_login(server, attempt, word, status):
    decide(server, word)

    assert asked_again(attempt).status == status
    assert steps.advance(attempt.pk, now=timezone.now()) is None


def test_a_server_in_trouble_is_asked_again(server, attempt):
    server.answers = [(503, {})]

    assert asked_again(attempt).status == "waiting"


def test_two_workers_make_one_call(server, attempt):
    due = LoginAttempt.objects.get(pk=attempt.pk).due_at
    LoginAttempt.objects.lease(attempt.pk, now=due)

    assert steps.advance(attempt.pk, now=due) is None
    assert server.asked == []


def test_what_a_dead_worker_left_is_found_again(attempt):
    later = attempt.due_at + timedelta(minutes=1)
    LoginAttempt.objects.lease(attempt.pk, now=attempt.due_at)

    assert not LoginAttempt.objects.left_behind(now=attempt.due_at).exists()
    assert LoginAttempt.objects.left_behind(now=later).get() == attempt


def test_client_credentials_need_nobody(server, project):
    provider = provider_at(server, project, flow="client-credentials", audience="models")
    provider.secret = make_secret(
        project, kind=provider.kind, host=provider.host, values={"client_secret": CLIENT_SECRET}
    )
    provider.save()

    ended = steps.advance(begun(provider).pk, now=timezone.now())

    assert ended.status == "connected"
    assert server.asked[0]["audience"] == "models"
    assert provider.login.can_renew


def test_a_new_login_forgets_the_tokens_of_the_one_before(server, provider):
    first = signed_in(server, provider)
    before = first.opened(purpose="x", now=timezone.now())

    second = signed_in(server, provider)

    assert second.pk == first.pk
    assert second.version == first.version + 1
    assert not set(before.secrets) & set(second.opened(purpose="x", now=timezone.now()).secrets)
