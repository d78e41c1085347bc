"""What stands at the gateway's other addresses: counts, lists, and ways that are closed."""

import pytest

from providers.models import ProviderModel
from tests.gateway import upstream as up
from tests.gateway.records import KEY
from tests.gateway.speakers import EMBEDDINGS, GEMINI, MESSAGES, RESPONSES
from usage.models import UsageRecord


def name_of(speaker):
    return speaker.format.value


def only_row(gateway):
    gateway.settle()
    return UsageRecord.objects.get()


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "x-goog-api-key", "api-key"])
@pytest.mark.parametrize("speaker", [MESSAGES, GEMINI, RESPONSES], ids=name_of)
def test_a_token_is_taken_from_any_header_and_goes_no_further(
    gateway, token, upstream, speaking, speaker, header
):
    speaking(speaker)
    upstream.next.append(up.answer(speaker.whole))
    value = f"Bearer {token}" if header == "authorization" else token

    told = gateway.ask("", speaker.path, speaker.asked, **{header: value})

    assert told.status == 200
    sent = upstream.seen[0]
    assert token not in str(sent)
    assert KEY in str(dict(sent.headers))


@pytest.mark.parametrize(
    ("speaker", "path", "asked_at", "answer"),
    [
        (
            MESSAGES,
            "/v1/messages/count_tokens",
            "/v1/messages/count_tokens",
            {"input_tokens": 7},
        ),
        (
            GEMINI,
            "/v1beta/models/default:countTokens",
            "/v1beta/models/upstream-model:countTokens",
            {"totalTokens": 7},
        ),
    ],
)
def test_counting_tokens_costs_nothing_and_leaves_no_line(  # noqa: PLR0913, PLR0917 - a table
    gateway, token, upstream, speaking, speaker, path, asked_at, answer
):
    speaking(speaker)
    upstream.next.append(up.answer(answer))

    told = gateway.ask(token, path, speaker.asked)

    assert (told.status, told.json, upstream.seen[0].path) == (200, answer, asked_at)
    gateway.settle()
    assert not UsageRecord.objects.exists()


def test_an_agents_beta_features_reach_the_provider(gateway, token, upstream, speaking):
    speaking(MESSAGES)
    upstream.next.append(up.answer(MESSAGES.whole))
    beta = "claude-code-20250219,interleaved-thinking-2025-05-14"

    gateway.ask(token, f"{MESSAGES.path}?beta=true", MESSAGES.asked, **{"anthropic-beta": beta})

    headers = upstream.seen[0].headers
    assert headers["anthropic-beta"] == beta
    assert headers["anthropic-version"] == "2023-06-01"


def test_vectors_are_estimated_by_what_went_in_alone(gateway, token, upstream, speaking):
    speaking(EMBEDDINGS)
    silent = {name: value for name, value in EMBEDDINGS.whole.items() if name != "usage"}
    upstream.next.append(up.answer(silent))

    gateway.ask(token, EMBEDDINGS.path, EMBEDDINGS.asked)

    row = only_row(gateway)
    assert (row.outcome, row.input_tokens, row.output_tokens) == ("estimated", 1, 0)


def test_a_model_that_measures_is_not_offered_for_a_chat(gateway, provider, token):
    ProviderModel.objects.filter(provider=provider).update(kind="embedding")

    told = gateway.chat(token, model="near-ai/other-model")

    assert told.status == 400
    assert "It speaks: embeddings" in told.error["message"]


def test_a_failed_response_before_its_first_word_is_a_failure(gateway, token, upstream, speaking):
    speaking(RESPONSES)
    failed = {"type": "response.failed", "response": {"error": {"message": "Out of memory"}}}
    upstream.next.append(RESPONSES.flow(RESPONSES.preamble, (("response.failed", failed),)))

    told = gateway.ask(token, *RESPONSES.streaming())

    assert told.status == 502
    assert "Out of memory" in told.error["message"]


def test_a_gemini_stream_that_is_no_event_stream_is_refused(gateway, token, speaking):
    speaking(GEMINI)

    told = gateway.ask(token, GEMINI.stream_path.removesuffix("?alt=sse"), GEMINI.asked)

    assert (told.status, told.error["status"]) == (400, "INVALID_ARGUMENT")
    assert "alt=sse" in told.error["message"]


def test_a_client_that_tries_a_websocket_goes_on_in_http(gateway, token):
    told = gateway.send(
        "GET", "/v1/responses", token, headers={"connection": "upgrade", "upgrade": "websocket"}
    )

    assert told.status == 426
    assert told.error["code"] == "upgrade_not_offered"


@pytest.mark.parametrize(
    ("speaker", "path", "headers", "names"),
    [
        (
            MESSAGES,
            "/v1/models",
            {"anthropic-version": "2023-06-01"},
            lambda told: [row["id"] for row in told["data"]],
        ),
        (RESPONSES, "/v1/models", {}, lambda told: [row["id"] for row in told["data"]]),
        (GEMINI, "/v1beta/models", {}, lambda told: [row["name"] for row in told["models"]]),
        (
            GEMINI,
            "/v1/models",
            {"x-goog-api-key": "…"},
            lambda told: [row["name"] for row in told["models"]],
        ),
    ],
)
def test_each_family_sees_its_models_in_its_own_form(  # noqa: PLR0913, PLR0917 - a table
    gateway, token, upstream, speaking, speaker, path, headers, names
):
    speaking(speaker)
    headers = {name: value.replace("…", token) for name, value in headers.items()}
    start = "models/" if speaker is GEMINI else ""
    known = f"near-{upstream.port}/upstream-model"

    told = gateway.send("GET", path, token, headers=headers)
    one = gateway.send("GET", f"{path}/{known}", token, headers=headers)
    none = gateway.send("GET", f"{path}/none", token, headers=headers)

    assert names(told.json) == [f"{start}default", f"{start}{known}"]
    assert f"{start}{known}" in {one.json.get("id"), one.json.get("name")}
    assert none.status == 404


def test_a_family_that_nothing_here_speaks_sees_an_empty_list(gateway, provider, token):
    told = gateway.send("GET", "/v1/models", token, headers={"anthropic-version": "2023-06-01"})

    assert told.json == {"data": [], "has_more": False, "first_id": None, "last_id": None}
