"""The extra is off unless asked for, and refuses to start half set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from axiom import sso
from foundation.env import Environment, EnvironmentInvalid

ROOT = Path(__file__).resolve().parents[2]
ON = {"AXIOM_SSO": "1"}
IDENTITY = {
    "AXIOM_OIDC_ISSUER": "https://login.example.com/",
    "AXIOM_OIDC_CLIENT_ID": "axiom",
    "AXIOM_OIDC_CLIENT_SECRET": "invented",
}
LOOK = """
import django, sys
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
import axiom.wsgi
print(sorted({name.partition(".")[0] for name in sys.modules} & {"allauth", "fido2", "qrcode"}))
"""


def settings_of(**variables):
    return sso.settings_of(Environment(variables))


def said_of_modules(**variables):
    environment = {name: value for name, value in os.environ.items() if "_OIDC_" not in name}
    run = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=ROOT,
        env=environment | {"DJANGO_SETTINGS_MODULE": "axiom.settings"} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


def test_nothing_of_it_is_loaded_while_it_is_off():
    assert said_of_modules(AXIOM_SSO="0") == "[]"
    assert "allauth" in said_of_modules(AXIOM_SSO="1")


def test_off_means_no_setting_at_all():
    assert settings_of() == {}


def test_it_names_the_command_where_the_packages_are_not_here(monkeypatch):
    monkeypatch.setattr(sso, "PACKAGES", ("allauth", "there_is_no_such_package"))

    with pytest.raises(EnvironmentInvalid, match="run `make sso`"):
        settings_of(**ON)


def test_it_works_without_an_identity_provider():
    given = settings_of(**ON)

    assert given["OIDC"] is None
    assert given["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"] == []


def test_an_identity_provider_is_read_whole():
    given = settings_of(**ON, **IDENTITY, AXIOM_OIDC_NAME="Initech")

    app = given["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"][0]
    assert given["OIDC"] == {"name": "Initech", "issuer": "https://login.example.com"}
    assert (app["client_id"], app["secret"]) == ("axiom", "invented")
    assert app["settings"] == {
        "server_url": "https://login.example.com",
        "oauth_pkce_enabled": True,
    }


def test_its_secret_may_stand_in_a_file(tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    variables = IDENTITY | {"AXIOM_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret")}
    del variables["AXIOM_OIDC_CLIENT_SECRET"]

    app = settings_of(**ON, **variables)["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"][0]

    assert app["secret"] == "from a file"


@pytest.mark.parametrize("missing", IDENTITY)
def test_half_an_identity_provider_is_refused_by_name(missing):
    variables = {name: value for name, value in IDENTITY.items() if name != missing}

    with pytest.raises(EnvironmentInvalid, match=f"{missing} is missing"):
        settings_of(**ON, **variables)


@pytest.mark.parametrize("name", ["AXIOM_OIDC_ISSUER", "AXIOM_OIDC_NEWCOMERS"])
def test_what_would_do_nothing_is_refused(name):
    with pytest.raises(EnvironmentInvalid, match="does nothing while AXIOM_SSO is off"):
        settings_of(**{name: "x"})


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.com",
        "login.example.com",
        "https://",
        "ftp://127.0.0.1",
        "https://login.example.com/?tenant=x",
        "https://somebody@login.example.com",
    ],
)
def test_an_issuer_that_anybody_could_play_is_refused(issuer):
    with pytest.raises(EnvironmentInvalid, match="must look like https://"):
        settings_of(**ON, **(IDENTITY | {"AXIOM_OIDC_ISSUER": issuer}))


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]"]
)
def test_one_on_this_machine_needs_no_https(issuer):
    assert settings_of(**ON, **(IDENTITY | {"AXIOM_OIDC_ISSUER": issuer}))["OIDC"]


@pytest.mark.parametrize("given", ["default", ":viewer", "default:owner", "default:boss"])
def test_newcomers_need_a_project_and_a_role_below_owner(given):
    with pytest.raises(EnvironmentInvalid, match="a project's slug and a role"):
        settings_of(**ON, **IDENTITY, AXIOM_OIDC_NEWCOMERS=given)


def test_newcomers_need_an_identity_provider():
    with pytest.raises(EnvironmentInvalid, match="needs an identity provider"):
        settings_of(**ON, AXIOM_OIDC_NEWCOMERS="default:viewer")


def test_newcomers_are_read():
    given = settings_of(**ON, **IDENTITY, AXIOM_OIDC_NEWCOMERS="default:editor")

    assert given["OIDC_NEWCOMERS"] == ("default", "editor")


def test_several_portals_count_in_redis_and_one_alone_in_its_memory():
    shared = sso.settings_of(Environment(ON), redis_url="redis://127.0.0.1:6379/0")

    assert shared["CACHES"]["default"]["LOCATION"] == "redis://127.0.0.1:6379/0"
    assert "CACHES" not in settings_of(**ON)
