"""What migrations make of records that an earlier version has stored."""

from importlib import import_module

import pytest
from django.apps import apps

from tests.factories import make_provider, make_secret

pytestmark = pytest.mark.django_db

origins = import_module("providers.migrations.0002_origins_of_secrets")


@pytest.mark.parametrize(
    ("stored", "base_url", "bound_to"),
    [
        ("llm.example:443", "https://llm.example:443/v1", "llm.example"),
        ("llm.example:8443", "https://llm.example:8443", "llm.example:8443"),
        ("10.0.0.5:8000", "http://10.0.0.5:8000/v1", "http://10.0.0.5:8000"),
        ("llm.example:80", "http://LLM.example:80", "http://llm.example"),
        ("localhost:11434", "", "http://localhost:11434"),
        ("amazonaws.com", "", "amazonaws.com"),
        ("llm.example", "http://other.example", "llm.example"),
        ("llm.example", "http://[torn", "llm.example"),
        ("", "", ""),
    ],
)
def test_a_stored_host_learns_whether_its_providers_are_called_in_clear(stored, base_url, bound_to):
    secret = make_secret(kind="custom", host=stored)
    make_provider(secret.project, kind="custom", base_url=base_url, secret=secret)

    for _ in range(2):
        origins.bind_to_scheme_and_port(apps, None)

    secret.refresh_from_db()
    assert secret.host == bound_to


def test_a_secret_that_serves_an_address_in_clear_and_one_with_tls_stays_with_tls():
    secret = make_secret(kind="custom", host="llm.example")
    for scheme in ("http", "https"):
        make_provider(
            secret.project, kind="custom", base_url=f"{scheme}://llm.example", secret=secret
        )

    origins.bind_to_scheme_and_port(apps, None)

    secret.refresh_from_db()
    assert secret.host == "llm.example"


def test_a_clients_secret_is_bound_as_its_authorization_server_is_called():
    secret = make_secret(kind="oauth-compatible", host="id.example")
    config = {"issuer": "http://id.example/realm"}
    make_provider(secret.project, kind="oauth-compatible", config=config, secret=secret)

    origins.bind_to_scheme_and_port(apps, None)

    secret.refresh_from_db()
    assert secret.host == "http://id.example"
