"""One call after the other through a running gateway, with the line that each leaves."""

import json
from decimal import Decimal

import pytest

from gateway.bounds import Bounds
from tests import factories
from tests.gateway import upstream as up
from tests.gateway.records import KEY, routing_of
from usage.models import UsageRecord


def only_row(gateway):
    gateway.settle()
    return UsageRecord.objects.get()


def test_an_answer_comes_back_as_the_provider_gave_it(gateway, provider, token, upstream):
    told = gateway.chat(token, temperature=0.5, vendors_own_field={"deep": [1, None]})

    assert told.status == 200
    assert told.json == up.ANSWER
    assert told.headers["content-type"] == "application/json"
    sent = upstream.seen[0]
    assert (sent.method, sent.path) == ("POST", "/v1/chat/completions")
    assert sent.json["model"] == "upstream-model"
    assert sent.json["vendors_own_field"] == {"deep": [1, None]}
    assert sent.json["temperature"] == 0.5


def test_every_answer_says_who_gave_it(gateway, provider, token):
    headers = gateway.chat(token).headers

    assert headers["x-axiom-request-id"].startswith("req_")
    assert headers["x-axiom-provider"] == "near-ai"
    assert headers["x-axiom-model"] == "upstream-model"
    assert headers["x-axiom-attempts"] == "1"


def test_the_provider_gets_its_own_credential_and_never_the_clients_token(
    gateway, provider, token, upstream
):
    gateway.chat(token, headers={"x-api-key": token, "api-key": token, "cookie": "a=b"})

    headers = upstream.seen[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert token not in str(dict(headers))
    assert "cookie" not in headers


def test_headers_that_mean_something_to_a_provider_travel_on(gateway, provider, token, upstream):
    gateway.chat(token, headers={"traceparent": "00-aa-bb-01", "x-forwarded-for": "10.0.0.9"})

    headers = upstream.seen[0].headers
    assert headers["traceparent"] == "00-aa-bb-01"
    assert "x-forwarded-for" not in headers
    assert headers["host"] == f"127.0.0.1:{upstream.port}"


@pytest.mark.parametrize("is_set", [True, False])
def test_the_organization_that_pays_is_the_clients_only_where_the_provider_names_none(
    gateway, provider, token, upstream, is_set
):
    if is_set:
        provider.config["extra_headers"] = "OpenAI-Organization: org-ours"
        provider.save(update_fields=["config"])

    gateway.chat(token, headers={"OpenAI-Organization": "org-theirs"})

    wanted = "org-ours" if is_set else "org-theirs"
    assert upstream.seen[0].headers["openai-organization"] == wanted


def test_an_answer_leaves_one_line_with_what_it_cost(gateway, provider, token):
    told = gateway.chat(token)

    row = only_row(gateway)
    assert row.public_id == told.headers["x-axiom-request-id"]
    assert (row.input_tokens, row.output_tokens) == (7, 3)
    assert row.cost == Decimal("0.000013")
    assert (row.outcome, row.status, row.attempts, row.streamed) == ("reported", 200, 1, False)
    assert (row.provider_name, row.provider_kind) == ("Near AI", "custom")
    assert (row.model, row.requested_model) == ("upstream-model", "default")
    assert (row.format, row.kind_of_use, row.error_class) == ("chat", "chat", "")
    assert row.key_name == "script"
    assert row.ttft_ms is None


def test_a_price_that_nobody_knows_leaves_the_cost_unknown(gateway, provider, token):
    provider.models.update(output_price=None)

    gateway.chat(token)

    assert only_row(gateway).cost is None


def test_an_answer_without_usage_is_estimated(gateway, provider, token, upstream):
    upstream.next.append(up.answer({"choices": [{"message": {"content": "Hello"}}]}))

    gateway.chat(token)

    row = only_row(gateway)
    assert row.outcome == "estimated"
    assert row.input_tokens == 3
    assert row.output_tokens > 0


@pytest.mark.parametrize("name", ["near-ai/other-model", "other-model"])
def test_a_model_is_called_by_its_name(gateway, provider, token, upstream, name):
    gateway.chat(token, model=name)

    assert upstream.seen[0].json["model"] == "other-model"


def test_the_task_model_counts_as_task(gateway, provider, aurora, token, upstream):
    routing_of(aurora).set_task(provider.models.get(upstream_id="other-model"))

    gateway.chat(token, model="task")

    assert upstream.seen[0].json["model"] == "other-model"
    assert only_row(gateway).kind_of_use == "task"


def test_connections_to_the_provider_are_used_again(gateway, provider, token, upstream):
    for _ in range(3):
        assert gateway.chat(token).status == 200

    assert upstream.connections == 1


def test_a_connection_that_the_provider_gave_up_is_replaced_unseen(
    gateway, provider, token, upstream
):
    gateway.chat(token)
    upstream.next.append(up.close)

    told = gateway.chat(token)

    assert told.status == 200
    assert told.headers["x-axiom-attempts"] == "1"
    assert upstream.connections == 2


def test_the_list_holds_what_the_token_can_call(gateway, provider, token):
    told = gateway.send("GET", "/v1/models", token)

    ids = [row["id"] for row in told.json["data"]]
    assert told.json["object"] == "list"
    assert ids == ["default", "near-ai/upstream-model", "near-ai/other-model"]
    assert {row["object"] for row in told.json["data"]} == {"model"}


def test_the_list_leaves_out_what_a_keys_policy_does(gateway, provider, aurora):
    other = provider.models.get(upstream_id="other-model")
    policy = [{"effect": "Allow", "action": ["models:*"], "resource": [other.public_id]}]
    _, narrow = factories.make_key(aurora, policy=policy)

    told = gateway.send("GET", "/v1/models", narrow)

    assert [row["id"] for row in told.json["data"]] == ["near-ai/other-model"]
    assert gateway.chat(narrow, model="near-ai/other-model").status == 200
    assert gateway.chat(narrow, model="near-ai/upstream-model").status == 403


def test_a_key_without_models_is_told_what_it_lacks(gateway, provider, aurora):
    policy = [{"effect": "Allow", "action": ["aiProviders:*"], "resource": ["*"]}]
    _, powerless = factories.make_key(aurora, policy=policy)

    for _ in range(2):
        told = gateway.chat(powerless)
        assert told.status == 403
        assert "models:Invoke" in told.error["message"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("default", 200),
        ("near-ai/other-model", 200),
        ("near-ai%2Fother-model", 200),
        ("no/such", 404),
    ],
)
def test_one_model_is_described_by_its_name(gateway, provider, token, name, status):
    told = gateway.send("GET", f"/v1/models/{name}", token)

    assert told.status == status
    if status == 200:
        assert told.json["object"] == "model"
    else:
        assert told.error["code"] == "model_not_found"


def test_a_project_never_reaches_what_belongs_to_another(gateway, provider, aurora):
    _, strange = factories.make_key(factories.make_project("Elsewhere"))

    assert gateway.send("GET", "/v1/models", strange).json["data"] == []
    told = gateway.chat(strange, model="near-ai/upstream-model")
    assert told.status == 404
    assert "near-ai" not in told.error["message"].replace("near-ai/upstream-model”", "")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "unknown_url"),
        ("POST", "/v1/models", 405, "method_not_allowed"),
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
    ],
)
def test_an_address_that_is_none_is_answered_with_those_that_are(
    gateway, method, path, status, code
):
    told = gateway.send(method, path, "", b"" if method == "POST" else None)

    assert (told.status, told.error["code"]) == (status, code)
    assert "POST" in told.error["message"] or "GET" in told.error["message"]


def test_probes_and_operators_are_answered_without_a_token(gateway):
    assert gateway.send("HEAD", "/").status == 200
    assert gateway.send("GET", "/healthz").json == {"status": "ok"}
    assert gateway.send("GET", "/readyz").json == {"status": "ok", "missing": []}
    assert b"axiom_gateway_calls" in gateway.send("GET", "/metrics").body


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "JSON object"),
        (b'{"model": 7}', "model"),
        (b'{"messages": ' + b"[" * 600 + b"]" * 600 + b"}", "nested"),
    ],
)
def test_a_request_that_can_not_be_read_is_refused_before_anybody_is_asked(
    gateway, provider, token, upstream, body, words
):
    told = gateway.send("POST", "/v1/chat/completions", token, body)

    assert told.status == 400
    assert words in told.error["message"]
    assert upstream.seen == []


def test_a_request_beyond_the_limit_is_refused(start_gateway, provider, token):
    gateway = start_gateway(Bounds(most_request_bytes=1_048_576))
    body = json.dumps({"messages": "x" * 1_100_000})

    told = gateway.send("POST", "/v1/chat/completions", token, body)
    chunked = gateway.send("POST", "/v1/chat/completions", token, iter([body.encode()] * 3))

    assert (told.status, told.error["code"]) == (413, "request_too_large")
    assert chunked.status == 413
    assert "1 MB" in told.error["message"]


def test_a_request_without_length_is_read_to_its_end(gateway, provider, token, upstream):
    pieces = iter([b'{"model": "default", ', b'"messages": []}'])

    told = gateway.send("POST", "/v1/chat/completions", token, pieces)

    assert told.status == 200
    assert upstream.seen[0].json["messages"] == []


def test_a_refusal_of_a_known_caller_leaves_its_line_too(gateway, provider, token):
    gateway.chat(token, model="no/such")

    row = only_row(gateway)
    assert (row.status, row.error_class, row.provider_name) == (404, "model_not_found", "")
    assert row.requested_model == "no/such"
    assert row.cost == 0


def test_what_a_client_types_as_model_never_stops_the_ledger(gateway, provider, token):
    gateway.chat(token, model="x\0" * 400)
    gateway.chat(token)
    gateway.settle()

    assert UsageRecord.objects.count() == 2
    assert gateway.engine.pipeline.accounting.depth == 0


def test_a_kind_that_this_version_does_not_know_is_told_and_costs_the_others_nothing(
    gateway, provider, token, aurora, upstream
):
    factories.make_provider(aurora, kind="from-tomorrow", name="Tomorrow", models=["new-model"])

    refused, told = gateway.chat(token, model="tomorrow/new-model"), gateway.chat(token)

    assert refused.status == 400
    assert "does not know the type “from-tomorrow”" in refused.json["error"]["message"]
    assert told.status == 200
    assert len(upstream.seen) == 1
