"""Axiom names itself to whomever it calls, and takes no vendor's client's name."""

from dataclasses import replace

import pytest

from foundation import egress
from gateway.passing import named
from providers.kinds import client as way_out
from providers.kinds.registry import KINDS

SUBSCRIPTIONS = [kind for kind in KINDS.values() if kind.has_login]
OTHERS = [kind for kind in KINDS.values() if not kind.has_login]
CLIENT = {
    "user-agent": "claude-cli/2.1.0",
    "originator": "codex_cli_rs",
    "x-app": "cli",
    "x-goog-api-client": "gl-node/22",
    "editor-version": "vscode/1.99",
    "editor-plugin-version": "copilot-chat/0.26",
    "copilot-integration-id": "vscode-chat",
    "x-stainless-lang": "js",
    "traceparent": "00-a",
}


def requests_of(kind, endpoint):
    for dialect in kind.dialects:
        yield dialect.smallest_request(endpoint, "some-model", max_tokens=16)
    for listing in (kind.listing, *kind.more_listings):
        if listing.is_live:
            yield listing.request(endpoint)
    if kind.is_available and kind.probe_request(endpoint):
        yield kind.probe_request(endpoint)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.slug)
def test_every_call_of_portal_and_worker_says_axiom(kind, make_endpoint, httpserver):
    httpserver.expect_request("/any").respond_with_json({})
    policy = egress.Policy(allow_loopback=True)
    sent = 0
    for request in requests_of(kind, make_endpoint(kind)):
        assert "user-agent" not in {name.lower() for name in request.headers}
        here = replace(request, url=httpserver.url_for("/any"))
        way_out.Client(policy).send(here, timeout_s=10)
        sent += 1

    agents = [request.headers["User-Agent"] for request, _ in httpserver.log]
    assert agents == ["Axiom"] * sent


@pytest.mark.parametrize("kind", SUBSCRIPTIONS, ids=lambda kind: kind.slug)
def test_the_gateway_calls_a_subscription_by_its_own_name(kind):
    assert named(CLIENT, kind) == {"user-agent": "Axiom", "traceparent": "00-a"}


@pytest.mark.parametrize(
    ("beta", "passed"),
    [
        ("claude-code-20250219, context-1m-2025-08-07,files-1", "context-1m-2025-08-07,files-1"),
        ("claude-code-20250219", None),
    ],
)
def test_a_subscription_is_asked_for_features_and_not_as_the_vendors_client(beta, passed):
    headers = named({"anthropic-beta": beta}, KINDS["anthropic-oauth"])

    assert headers.get("anthropic-beta") == passed


@pytest.mark.parametrize("kind", OTHERS, ids=lambda kind: kind.slug)
def test_the_gateway_passes_a_clients_own_name_on_and_gives_one_where_it_has_none(kind):
    assert named(CLIENT, kind) == CLIENT
    assert named({"traceparent": "00-a"}, kind)["user-agent"] == "Axiom"
