"""Configuration that is pasted: it parses, it holds the address, and it holds no token."""

import json
import tomllib

import pytest
from django.conf import settings

from gateway import connecting
from providers.models.agent_types import AgentType

URL = "https://ai.example.com"


def texts():
    """What is pasted to set up one client, all of it."""
    every = [connecting.for_client(kind, URL) for kind in AgentType]
    every += [(row,) for row in connecting.for_programs(URL)]
    return {rows[0].slug: "\n".join(row.text for row in rows) for rows in every if rows}


@pytest.mark.parametrize("text", texts().values(), ids=texts().keys())
def test_each_names_the_address_and_reads_the_token_from_the_environment(text):
    assert URL in text
    assert "{url}" not in text
    assert "AXIOM_TOKEN" in text
    assert "axa_" not in text


def test_each_type_but_custom_has_its_own():
    without = [kind for kind in AgentType if not connecting.for_client(kind, URL)]

    assert without == [AgentType.CUSTOM]


@pytest.mark.parametrize("kind", [kind for kind in AgentType if kind is not AgentType.CUSTOM])
def test_the_guide_says_the_same(kind):
    guide = (settings.BASE_DIR / "docs" / "gateway.md").read_text()

    texts = [row.text for row in connecting.for_client(kind, "http://127.0.0.1:8080")]

    assert [text for text in texts if f"\n{text}\n```" not in guide] == []


@pytest.mark.parametrize("kind", [AgentType.OPENCODE, AgentType.OPENCLAW])
def test_what_goes_into_a_json_file_is_json(kind):
    (snippet,) = connecting.for_client(kind, URL)

    assert f"{URL}/v1" in json.dumps(json.loads(snippet.text))


def test_gemini_is_told_to_sign_in_with_the_key():
    """Without it `gemini -p` ends with “Invalid auth method selected.”"""
    at_home, _ = connecting.for_client(AgentType.GEMINI_CLI, URL)

    told = json.loads(at_home.text)

    assert at_home.where == "~/.gemini/settings.json"
    assert told == {"security": {"auth": {"selectedType": "gemini-api-key"}}}


def test_codex_speaks_responses_through_a_provider_of_its_own():
    (snippet,) = connecting.for_client(AgentType.CODEX_CLI, URL)

    told = tomllib.loads(snippet.text)

    provider = told["model_providers"][told["model_provider"]]
    assert provider["wire_api"] == "responses"
    assert provider["base_url"] == f"{URL}/v1"
    assert provider["env_key"] == connecting.TOKEN_VARIABLE


@pytest.mark.parametrize(
    ("pinned", "expected"), [("", URL), ("https://own.example.com", "https://own.example.com")]
)
def test_a_pinned_address_wins(pinned, expected):
    assert connecting.address_for(pinned, f"{URL}/") == expected
