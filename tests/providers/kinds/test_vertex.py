"""Gemini and Claude on Vertex AI beside their vendors' own clients: the same requests."""

import json
import re

import anthropic
import pytest
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
from werkzeug import Response

from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Endpoint, Format

PROJECT = "my-project-123"
CONFIG = {"project": PROJECT, "location": "us-east5"}
VERTEX, CLAUDE = KINDS["vertex"], KINDS["vertex-anthropic"]
PATH = f"/v1/projects/{PROJECT}/locations/us-east5"
MESSAGES = [{"role": "user", "content": "hi"}]
MODEL = "claude-sonnet-4-5@20250929"
VERSION = {"anthropic_version": "vertex-2023-10-16"}  # the client's own default is a newer one


@pytest.fixture
def heard(httpserver, recorded):
    """Answer everything as the vendors do, remember all of it."""
    requests = []
    gemini = recorded["vertex"]["formats"]["gemini"]["answer"]
    message = recorded["vertex-anthropic"]["formats"]["messages"]["answer"]

    def answer(request):
        requests.append(request)
        if ":stream" in request.path:
            return Response("", content_type="text/event-stream")
        is_claude = "anthropic" in request.path
        return Response(
            json.dumps(message if is_claude else gemini), content_type="application/json"
        )

    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
    return requests


@pytest.fixture
def ours(httpserver, client):
    """Send a request of ours to the same server, without what the authorizer adds."""
    endpoint = Endpoint(httpserver.url_for(PATH), {}, CONFIG)

    def send(kind, *args, **options):
        return client.send(kind.dialects[0].request(endpoint, *args, **options), timeout_s=20)

    return send


@pytest.fixture
def claude(httpserver):
    with anthropic.AnthropicVertex(
        region="us-east5",
        project_id=PROJECT,
        access_token="t",
        base_url=httpserver.url_for("/v1"),
        max_retries=0,
    ) as client:
        yield client


def shape(request):
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query_string,
        "type": request.headers["Content-Type"],
        "body": json.loads(request.get_data()),
    }


def test_a_message_is_the_one_that_anthropics_client_sends(heard, claude, ours):
    claude.messages.create(
        model=MODEL, max_tokens=16, messages=MESSAGES, system="Be short.", extra_body=VERSION
    )
    body = {"max_tokens": 16, "messages": MESSAGES, "system": "Be short.", "model": "default"}
    ours(CLAUDE, MODEL, body)

    theirs, mine = (shape(request) for request in heard)
    assert mine["body"].pop("stream") is False
    assert mine == theirs
    assert theirs["path"] == f"{PATH}/publishers/anthropic/models/{MODEL}:rawPredict"


def test_a_streamed_message_is_the_one_that_anthropics_client_sends(heard, claude, ours):
    stream = claude.messages.create(
        model=MODEL, max_tokens=16, messages=MESSAGES, stream=True, extra_body=VERSION
    )
    list(stream)
    ours(CLAUDE, MODEL, {"max_tokens": 16, "messages": MESSAGES}, stream=True)

    theirs, mine = (shape(request) for request in heard)
    assert mine == theirs
    assert mine["path"].endswith(":streamRawPredict")


def test_gemini_is_called_as_googles_client_calls_it(heard, httpserver, ours):
    theirs = genai.Client(
        vertexai=True,
        project=PROJECT,
        location="us-east5",
        credentials=Credentials("t"),
        http_options=types.HttpOptions(base_url=httpserver.url_for("/"), api_version="v1"),
    )
    theirs.models.generate_content(
        model="gemini-2.5-flash",
        contents="hi",
        config=types.GenerateContentConfig(max_output_tokens=16),
    )
    list(theirs.models.generate_content_stream(model="gemini-2.5-flash", contents="hi"))
    contents = [{"role": "user", "parts": [{"text": "hi"}]}]
    ours(
        VERTEX,
        "gemini-2.5-flash",
        {"contents": contents, "generationConfig": {"maxOutputTokens": 16}},
    )
    ours(VERTEX, "gemini-2.5-flash", {"contents": contents}, stream=True)

    whole, streamed, our_whole, our_streamed = (shape(request) for request in heard)
    assert our_whole == whole
    assert our_streamed == streamed


@pytest.mark.parametrize("stream", [False, True])
def test_the_model_is_in_the_address_and_the_version_in_the_body(stream):
    endpoint = CLAUDE.endpoint(config={"project": PROJECT})
    body = {"model": "default", "anthropic_version": "2023-06-01", "messages": MESSAGES}

    request = CLAUDE.dialect(Format.MESSAGES).request(endpoint, MODEL, body, stream=stream)

    assert json.loads(request.body) == {
        "messages": MESSAGES,
        "anthropic_version": "vertex-2023-10-16",
        "stream": stream,
    }
    assert request.headers == {"content-type": "application/json"}
    assert request.url.startswith(
        "https://aiplatform.googleapis.com/v1/projects/my-project-123/locations/global/publishers"
        "/anthropic/models/claude-sonnet-4-5%4020250929:"
    )
    assert body["model"] == "default"


def test_a_models_id_stays_one_segment_of_the_path():
    endpoint = CLAUDE.endpoint(config={"project": PROJECT})

    url = CLAUDE.dialect(Format.MESSAGES).request(endpoint, "../../x?y#z", {}).url

    assert url.endswith("/models/..%2F..%2Fx%3Fy%23z:rawPredict")


def test_bytes_of_a_message_travel_as_they_are():
    endpoint = CLAUDE.endpoint(config={"project": PROJECT})

    assert CLAUDE.dialect(Format.MESSAGES).request(endpoint, "m", b"{}").body == b"{}"


def test_the_free_probe_of_both_is_the_list_of_publisher_models():
    for kind in (VERTEX, CLAUDE):
        request = kind.probe_request(kind.endpoint(config=CONFIG))

        assert request.method == "GET"
        assert request.url.startswith(
            "https://us-east5-aiplatform.googleapis.com/v1beta1/publishers/google/models?"
        )
