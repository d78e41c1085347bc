"""Addresses and scopes of the subscription kinds are the operator's to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.env import Environment, EnvironmentInvalid
from providers.kinds.registry.operators import as_set, variables
from providers.kinds.registry.subscription import DECLARED

ROOT = Path(__file__).resolve().parents[3]
ALL = [(kind.slug, name, default) for kind in DECLARED for name, default in variables(kind)]
URLS = [name for _, name, _ in ALL if name.endswith(("_URL", "_ISSUER"))]


def kind_with(slug, **given):
    (kind,) = as_set([kind for kind in DECLARED if kind.slug == slug], Environment(given))
    return kind


def test_without_a_variable_the_vendors_own_values_count():
    assert as_set(DECLARED, Environment({})) == DECLARED


def test_a_variable_sets_a_default_that_a_provider_may_replace():
    kind = kind_with(
        "openai-codex",
        AXIOM_OPENAI_CODEX_TOKEN_URL="https://login.example.com/token",
        AXIOM_OPENAI_CODEX_SCOPES="openid",
        AXIOM_OPENAI_CODEX_BASE_URL="https://llm.example.com/codex/",
    )

    login = kind.login_of({})
    assert (login.token_url, login.scopes) == ("https://login.example.com/token", "openid")
    assert kind.login_of({"token_url": "https://other.example.com/"}).token_url == (
        "https://other.example.com/"
    )
    assert kind.base_url_of() == "https://llm.example.com/codex"
    assert login.redirect_url == "http://localhost:1455/auth/callback"


def test_no_client_id_can_be_set_for_everybody():
    assert not any(name.endswith("CLIENT_ID") for _, name, _ in ALL)


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize(
    "value", ["login.example.com", "ftp://x/y", "https://user@x/y", "https://x/#y"]
)
def test_an_address_that_is_none_is_refused_by_its_name(name, value):
    with pytest.raises(EnvironmentInvalid, match=f"{name} must be a whole address"):
        as_set(DECLARED, Environment({name: value}))


def test_scopes_are_words_on_one_line():
    with pytest.raises(EnvironmentInvalid, match="AXIOM_GITHUB_COPILOT_SCOPES must be plain"):
        kind_with("github-copilot", AXIOM_GITHUB_COPILOT_SCOPES="read\x00user")


@pytest.mark.parametrize("program", ["manage.py", "gateway"])
def test_a_wrong_one_stops_the_start_with_a_clear_line(program):
    started = [program, "check"] if program == "manage.py" else ["-m", program]
    run = subprocess.run(
        [sys.executable, *started],
        cwd=ROOT,
        env=os.environ | {"AXIOM_OPENAI_CODEX_TOKEN_URL": "nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode != 0
    assert "can't start: AXIOM_OPENAI_CODEX_TOKEN_URL must be a whole address" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_table_of_settings_names_each_with_its_default():
    page = (ROOT / "docs" / "settings.md").read_text()

    for _, name, default in ALL:
        row = f"| `{name}` | `{default}` |" if default else f"| `{name}` | none |"
        assert row in page, name
