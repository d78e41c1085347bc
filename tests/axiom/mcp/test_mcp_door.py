"""Who and what gets as far as the protocol."""

import json
import subprocess
import sys

import pytest
from django.db import OperationalError

from axiom.mcp.views import LARGEST_MESSAGE
from tests.factories import make_key

pytestmark = pytest.mark.django_db

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
HEADERS = {
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2025-11-25",
}


@pytest.fixture
def token(project):
    return make_key(project)[1]


@pytest.fixture
def post(client, token):
    def send(content=LIST, **headers):
        body = content if isinstance(content, bytes | str) else json.dumps(content)
        said = {"Authorization": f"Bearer {token}", **HEADERS, **headers}
        sent = {name: value for name, value in said.items() if value is not None}
        return client.post("/mcp", body, content_type="application/json", headers=sent)

    return send


def test_a_request_without_a_session_is_answered_by_whichever_process(post):
    answer = post()

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["result"]["tools"]
    assert "mcp-session-id" not in answer.headers


@pytest.mark.parametrize("authorization", [None, "Bearer axk_wrong", "Basic YTpi", "Bearer"])
def test_without_a_valid_key_it_is_401(post, authorization):
    answer = post(Authorization=authorization)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="axiom"'
    assert answer.json()["error"]["code"] == "UNAUTHORIZED"


def test_a_session_of_the_admin_does_not_open_it(client, owner):
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post("/mcp", json.dumps(LIST), content_type="application/json")

    assert answer.status_code == 401


def test_a_revoked_key_opens_nothing_any_more(post, owner, project):
    project.api_keys.get().revoke(by=owner, at=project.created_at)

    assert post().status_code == 401


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://testserver.evil.example"]
)
def test_a_page_of_another_origin_is_refused_before_its_key_is_looked_at(post, origin):
    answer = post(Origin=origin, Authorization="Bearer axk_wrong")

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    "origin", ["http://testserver", "https://axiom.example.com", "https://a.tools.example"]
)
def test_a_page_of_its_own_or_of_a_trusted_origin_is_let_in(post, settings, origin):
    settings.CSRF_TRUSTED_ORIGINS = ["https://axiom.example.com", "https://*.tools.example"]

    assert post(Origin=origin).status_code == 200


def test_a_name_that_was_made_to_point_here_is_refused(post):
    assert post(Host="evil.example").status_code == 400


@pytest.mark.parametrize("method", ["get", "delete", "put", "patch", "head"])
def test_there_is_no_stream_to_listen_to_and_no_session_to_end(client, token, method):
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    answer = getattr(client, method)("/mcp", headers=headers)

    assert answer.status_code == 405
    assert answer["Allow"] == "POST"


def test_a_message_that_is_too_large_is_413(post):
    answer = post(json.dumps(LIST | {"params": {"name": "x" * LARGEST_MESSAGE}}))

    assert answer.status_code == 413
    assert "KiB" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        b"\xff",
        '{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "tools/list"}',
        '{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"x": NaN}}',
        "[" * 40 + "]" * 40,
    ],
)
def test_what_two_readers_could_read_differently_is_refused(post, content):
    answer = post(content)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32600


@pytest.mark.parametrize("content", [[], [LIST], "3", {"jsonrpc": "2.0"}, {"id": 1}])
@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_json_that_is_no_message_is_400(post, content, version):
    assert post(content, **{"MCP-Protocol-Version": version}).status_code == 400


def test_a_generation_that_nobody_speaks_is_refused(post):
    assert post(**{"MCP-Protocol-Version": "1999-01-01"}).status_code == 400


def test_a_call_costs_one_query_more_than_rest_to_look_at_the_key(
    post, client, token, project, django_assert_num_queries, django_assert_max_num_queries
):
    call = {"name": "list-ai-providers", "arguments": {"search": "x"}}
    message = LIST | {"method": "tools/call", "params": call}
    rest = {"Authorization": f"Bearer {token}"}
    post(message)

    with django_assert_max_num_queries(8) as over_rest:
        client.get("/api/v1/ai-providers?search=x", headers=rest)
    with django_assert_num_queries(len(over_rest) + 1):
        assert post(message).json()["result"]["isError"] is False


def test_a_database_that_does_not_answer_is_503_and_never_401(post, monkeypatch):
    def fail(*_words):
        raise OperationalError("gone")

    monkeypatch.setattr("accounts.reading_keys._read", fail)

    answer = post()

    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_the_sdk_is_loaded_by_the_first_call_and_by_nothing_before():
    code = (
        "import os, sys, django\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'axiom.settings'\n"
        "django.setup()\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        "loaded = [name for name in ('mcp', 'pydantic', 'starlette') if name in sys.modules]\n"
        "from axiom.mcp import server\n"
        "print(loaded, 'mcp' in sys.modules)"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert ran.stdout.split("\n")[-2] == "[] True"
