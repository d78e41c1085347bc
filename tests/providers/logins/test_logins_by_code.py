"""Signing in by authorization code: bound to a session and a provider, its state used once."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.refusals import Refused
from providers.models import LoginAttempt, ProjectRouting
from providers.services.logins import attempts, steps
from providers.services.logins.attempts import LoginRefused
from tests.factories import make_provider
from tests.providers.logins.conftest import SESSION, address_of, begun, provider_at, signed_in

pytestmark = pytest.mark.django_db


def asked_in(address):
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def refusal(provider, back, *, session=SESSION, now=None):
    with pytest.raises(LoginRefused) as caught:
        attempts.pasted(provider, back, session=session, now=now or timezone.now())
    return caught.value.code


def test_the_address_asks_for_a_code_with_pkce_and_a_state(server, provider):
    asked = asked_in(address_of(begun(provider)))

    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 40
    assert asked["redirect_uri"].endswith("/oauth/callback/")
    assert asked["prompt"] == "consent"


def test_a_login_brings_sealed_tokens_that_calls_are_authorized_with(server, provider):
    login = signed_in(server, provider)

    endpoint = provider.endpoint(purpose="call", now=timezone.now())
    assert endpoint.credential == {
        "access_token": login.opened(purpose="x", now=timezone.now()).access_token
    }
    assert b"access" not in bytes(login.ciphertext)
    assert login.uses.get(purpose="call").openings == 1
    assert server.agents == {"Axiom"}
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
        "aiProviders:StartLogin",
        "aiProviders:SubmitLoginCode",
    }


def test_the_first_provider_routes_requests_only_once_somebody_signed_in(server, provider):
    routing = ProjectRouting.of(provider.project)
    assert routing.active_model is None

    signed_in(server, provider)

    routing.refresh_from_db()
    assert routing.active_model == provider.default_model


def test_an_answer_with_another_state_is_not_taken(server, provider):
    attempt = begun(provider)
    back = server.consent(address_of(attempt)).replace("state=", "state=x")

    assert refusal(provider, back) == "login_wrong_state"
    assert LoginAttempt.objects.get().status == "waiting"


def test_an_answer_works_once(server, provider):
    attempt = begun(provider)
    back = server.consent(address_of(attempt))
    attempts.pasted(provider, back, session=SESSION, now=timezone.now())

    assert refusal(provider, back) == "login_already_used"
    steps.advance(attempt.pk, now=timezone.now())
    assert refusal(provider, back) == "login_already_used"
    assert len(server.grants("authorization_code")) == 1


def test_an_answer_from_another_session_changes_nothing(server, provider):
    attempt = begun(provider)
    back = server.consent(address_of(attempt))

    assert refusal(provider, back, session="another") == "login_other_session"
    assert attempts.shown(attempt, session="another", now=timezone.now()) == {}
    attempts.pasted(provider, back, session=SESSION, now=timezone.now())


def test_an_answer_pasted_at_another_provider_is_not_taken(server, provider):
    other = provider_at(server, make_provider().project)
    back = server.consent(address_of(begun(provider)))

    assert refusal(other, back) == "login_other_provider"


def test_a_login_ends_after_ten_minutes(server, provider):
    attempt = begun(provider)
    back = server.consent(address_of(attempt))
    later = timezone.now() + timedelta(minutes=10)

    assert refusal(provider, back, now=later) == "login_expired"
    assert attempt.status_at(later) == "expired"
    assert "10 minutes" in attempts.sentence(attempt, now=later)


def test_a_login_that_was_denied_says_so(server, provider):
    attempt = begun(provider)
    address = address_of(attempt)

    ended = attempts.pasted(provider, server.deny(address), session=SESSION, now=timezone.now())

    assert ended.status == "denied"
    assert "access was denied" in attempts.sentence(ended, now=timezone.now())
    assert refusal(provider, server.consent(address)) == "login_denied"


def test_an_answer_of_another_issuer_is_not_used(server, project):
    provider = provider_at(
        server, project, issuer=server.origin, authorization_url="", token_url=""
    )
    attempt = begun(provider)
    steps.advance(attempt.pk, now=timezone.now())
    attempt.refresh_from_db()
    address = address_of(attempt)

    assert refusal(provider, server.consent(address)) == "login_wrong_issuer"
    assert refusal(provider, server.consent(address, iss="http://evil")) == "login_wrong_issuer"
    back = server.consent(address, iss=server.origin)
    attempts.pasted(provider, back, session=SESSION, now=timezone.now())
    assert steps.advance(attempt.pk, now=timezone.now()).status == "connected"


def test_a_second_login_of_a_session_resumes_the_first(server, provider):
    first = begun(provider)

    assert begun(provider) == first
    assert begun(provider, session="another") != first


def test_a_provider_changed_meanwhile_takes_no_tokens_for_its_old_self(server, provider):
    attempt = begun(provider)
    back = server.consent(address_of(attempt))
    attempts.pasted(provider, back, session=SESSION, now=timezone.now())
    provider.base_url = "http://127.0.0.1:10/v1"
    provider.save()

    assert steps.advance(attempt.pk, now=timezone.now()).status == "failed"
    assert server.grants("authorization_code") == []
    assert provider.needs_sign_in


def test_tokens_are_for_the_address_that_somebody_signed_in_for(server, provider):
    signed_in(server, provider)
    provider.base_url = "http://127.0.0.1:10/v1"

    assert provider.needs_sign_in


def test_a_bare_code_is_taken_where_the_vendor_shows_one(server, project):
    provider = provider_at(server, project, redirect_url="http://localhost:1455/auth/callback")
    attempt = begun(provider)
    back = server.consent(address_of(attempt))
    code = asked_in(back)["code"]

    attempts.pasted(provider, code, session=SESSION, now=timezone.now())

    assert steps.advance(attempt.pk, now=timezone.now()).status == "connected"


def test_a_bare_code_is_refused_where_the_vendor_redirects(server, provider):
    begun(provider)

    assert refusal(provider, "code-1") == "login_wrong_state"
    assert refusal(provider, "https://axiom.example.com/oauth/callback/?x=1") == "login_no_code"


def test_a_code_that_the_server_refuses_fails_with_its_words(server, provider):
    attempt = begun(provider)
    back = server.redirect(asked_in(address_of(attempt)), code="invented")
    attempts.pasted(provider, back, session=SESSION, now=timezone.now())

    ended = steps.advance(attempt.pk, now=timezone.now())

    assert ended.status == "failed"
    assert "no such code" in ended.message
    assert ended.unsealed() == {}


def test_nobody_signs_in_to_a_kind_that_takes_a_key(project):
    with pytest.raises(Refused, match="takes a key"):
        begun(make_provider(project))


def test_a_login_without_a_client_id_says_what_is_missing(server, project):
    provider = provider_at(server, project, client_id="")

    with pytest.raises(Refused, match="Client ID is required"):
        begun(provider)
