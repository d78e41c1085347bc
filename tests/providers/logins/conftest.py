import pytest
from django.utils import timezone

from providers.services.logins import attempts, steps
from tests.factories import make_provider
from tests.providers.logins.authorization_server import AuthorizationServer

SESSION = "session of a test"


@pytest.fixture
def server():
    running = AuthorizationServer()
    yield running
    running.stop()


@pytest.fixture
def provider(server, project):
    return provider_at(server, project)


def provider_at(server, project, **config):
    return make_provider(
        project,
        name="Initech gateway",
        kind="oauth-compatible",
        base_url="http://127.0.0.1:9/v1",
        config=server.config | config,
    )


def begun(provider, *, session=SESSION, by=None, now=None):
    return attempts.begin(provider, session=session, by=by, now=now or timezone.now())


def address_of(attempt, *, session=SESSION):
    return attempts.shown(attempt, session=session, now=timezone.now())["address"]


def signed_in(server, provider, *, now=None):
    """Sign in from the beginning to the end; gives the provider's login."""
    attempt = begun(provider, now=now)
    back = server.consent(address_of(attempt))
    now = now or timezone.now()
    attempts.pasted(provider, back, session=SESSION, now=now)
    ended = steps.advance(attempt.pk, now=now)
    assert ended.status == "connected", ended.message
    provider.refresh_from_db()
    return provider.login
