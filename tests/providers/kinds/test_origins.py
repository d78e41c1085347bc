"""What a credential is bound to: scheme, host and the port that is really called."""

import pytest

from providers.kinds.oauth.settings import LoginSettings
from providers.kinds.oauth.vocabulary import Flow
from providers.kinds.origins import origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://llm.example/v1", "llm.example"),
        ("https://LLM.example:443/v1", "llm.example"),
        ("https://llm.example:80", "llm.example:80"),
        ("http://llm.example", "http://llm.example"),
        ("HTTP://llm.example:80/", "http://llm.example"),
        ("http://llm.example:443", "http://llm.example:443"),
        ("http://[::1]:11434/v1", "http://[::1]:11434"),
        ("https://[2001:db8::443]", "[2001:db8::443]"),
        ("", ""),
    ],
)
def test_one_place_has_one_name_and_what_goes_in_clear_says_so(url, origin):
    assert origin_of(url) == origin


def test_tokens_given_for_https_are_not_good_for_the_same_host_in_clear():
    login = LoginSettings(Flow.CODE, client_id="axiom", issuer="https://id.example")

    secure, spelled_out, clear = (
        login.binding(url)
        for url in ("https://llm.example", "https://llm.example:443", "http://llm.example")
    )

    assert secure == spelled_out != clear


def test_a_clients_secret_for_a_token_url_is_bound_to_its_scheme():
    secure, clear = (
        LoginSettings(Flow.CODE, token_url=f"{scheme}://id.example/token").host
        for scheme in ("https", "http")
    )

    assert (secure, clear) == ("id.example", "http://id.example")
