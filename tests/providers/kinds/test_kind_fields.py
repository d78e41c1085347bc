import pytest

from providers.kinds import headers
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Endpoint, Format

GATEWAY = KINDS["gateway"]
KEY = {"api_key": "k-1"}


def problems(slug, *, base_url="", credential=KEY, config=None):
    return KINDS[slug].problems(base_url=base_url, credential=credential, config=config or {})


def test_a_complete_provider_has_no_problems():
    assert not problems("openai", config={"organization": "org-1", "project": "proj_1"})


def test_a_required_credential_is_missed():
    assert problems("openai", credential={"api_key": " "}) == {"api_key": "API key is required."}


def test_a_kept_credential_is_not_missed():
    assert not problems("openai", credential=None)


def test_an_optional_key_may_be_left_out():
    assert not problems("ollama", credential={})


@pytest.mark.parametrize("key", ["two\nlines", "ключ", "a\x00b"])
def test_a_key_that_no_header_carries_is_refused(key):
    assert problems("openai", credential={"api_key": key}).keys() == {"api_key"}


def test_spaces_around_a_pasted_key_are_dropped():
    endpoint = KINDS["openai"].endpoint(credential={"api_key": " k-1\n"})

    assert endpoint.credential == {"api_key": "k-1"}
    assert not problems("openai", credential={"api_key": " k-1\n"})


def test_a_field_of_another_kind_is_refused():
    found = problems("openai", config={"region": "us-east-1"})

    assert found == {"region": "OpenAI has no field “region”."}


def test_a_fixed_base_url_can_not_be_changed():
    found = problems("openai", base_url="https://evil.example.com/v1")

    assert found == {"base_url": "The base URL of OpenAI can't be changed."}


def test_a_fixed_base_url_wins_over_a_stored_one():
    endpoint = KINDS["openai"].endpoint(base_url="https://evil.example.com/v1")

    assert endpoint.base_url == "https://api.openai.com/v1"


def test_a_kind_without_a_default_needs_a_base_url():
    assert problems("custom").keys() == {"base_url"}
    assert not problems("custom", base_url="https://llm.example.com/v1")


def test_an_editable_base_url_falls_back_to_the_default():
    assert KINDS["ollama"].endpoint().base_url == "http://localhost:11434/v1"


def test_a_trailing_slash_is_dropped():
    endpoint = KINDS["custom"].endpoint(base_url="https://llm.example.com/v1/")

    assert endpoint.base_url == "https://llm.example.com/v1"


def test_defaults_of_fields_are_filled_in():
    assert KINDS["bedrock"].endpoint(config={"region": ""}).config == {"region": "us-east-1"}


def test_a_choice_outside_the_list_is_refused():
    found = problems("custom-anthropic", base_url="https://x.example", config={"key_header": "x"})

    assert found == {"key_header": "Choose one of: x-api-key, bearer."}


def test_organization_and_project_travel_as_headers():
    endpoint = Endpoint("https://x", KEY, {"organization": "org-1", "project": ""})

    assert headers.openai(endpoint) == {
        "authorization": "Bearer k-1",
        "openai-organization": "org-1",
    }


def test_extra_headers_travel_with_every_call_of_a_gateway():
    endpoint = GATEWAY.endpoint(
        base_url="https://gw.example.com/v1",
        credential={"api_key": "k-1", "secret_headers": "X-Portkey-Api-Key: p-1"},
        config={"extra_headers": "X-Team: research\n\nX-Env:  test "},
    )
    expected = {
        "authorization": "Bearer k-1",
        "x-team": "research",
        "x-env": "test",
        "x-portkey-api-key": "p-1",
    }

    requests = [
        GATEWAY.dialect(Format.CHAT).request(endpoint, "m", {}),
        GATEWAY.dialect(Format.EMBEDDINGS).request(endpoint, "m", {}),
        GATEWAY.listing.request(endpoint),
    ]

    assert all(expected.items() <= request.headers.items() for request in requests)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, {"x-api-key": "k-1"}),
        ({"key_header": "x-api-key"}, {"x-api-key": "k-1"}),
        ({"key_header": "bearer"}, {"authorization": "Bearer k-1"}),
    ],
)
def test_the_header_of_the_key_can_be_chosen(config, expected):
    kind = KINDS["custom-anthropic"]
    endpoint = kind.endpoint(base_url="https://x.example", credential=KEY, config=config)

    sent = kind.dialect(Format.MESSAGES).request(endpoint, "m", {}).headers

    assert sent == expected | {
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
    }


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("no colon", "Line 1 is not"),
        ("X-Ok: 1\nX-Empty:", "Line 2 is not"),
        ("X Bad: 1", "Line 1: a header's name"),
        (": 1", "Line 1: a header's name"),
        ("Host: evil.example.com", "host is set by the connection"),
        ("Content-Length: 1", "content-length is set by the connection"),
        ("Transfer-Encoding: chunked", "transfer-encoding is set by the connection"),
        ("Proxy-Authorization: x", "proxy-authorization is set by the connection"),
        ("X-Name: Jürgen", "can't carry"),
        ("X-Name: a\x0bb: c", "can't carry"),
    ],
)
def test_headers_that_can_not_be_sent_are_refused(lines, words):
    found = GATEWAY.problems(
        base_url="https://gw.example.com/v1", credential=None, config={"extra_headers": lines}
    )

    assert words in found.get("extra_headers", "")


def test_secret_headers_are_checked_as_well():
    found = GATEWAY.problems(
        base_url="https://gw.example.com/v1",
        credential={"api_key": "k", "secret_headers": "Host: x"},
        config={},
    )

    assert found.keys() == {"secret_headers"}
