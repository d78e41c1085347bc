"""Converse beside boto3: the same requests, and the same events read from one stream.

boto3 is the judge here because moto serves neither Converse nor Bedrock's lists of models.
"""

import json
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from werkzeug import Response

from providers.kinds import authorizing
from providers.kinds.dialects.event_stream import MEDIA_TYPE
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Endpoint, Usage
from tests.providers.kinds.cloud_doubles import ACCESS_KEY, PAIR, SECRET_KEY, frame

BEDROCK = KINDS["bedrock"]
CONVERSE = BEDROCK.dialects[0]
MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/8f3kq0m2xz1a"
BODY = {
    "messages": [{"role": "user", "content": [{"text": "Grüße"}]}],
    "system": [{"text": "Be short."}],
    "inferenceConfig": {"maxTokens": 16, "temperature": 0.5},
}
ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "OK"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4},
    "metrics": {"latencyMs": 7},
}
EVENTS = [
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Grü"}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "ße"}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("messageStop", {"stopReason": "end_turn"}),
    (
        "metadata",
        {
            "usage": {
                "inputTokens": 30,
                "outputTokens": 5,
                "totalTokens": 135,
                "cacheReadInputTokens": 80,
                "cacheWriteInputTokens": 20,
            },
            "metrics": {"latencyMs": 9},
        },
    ),
]
GONE = AWSResponse("", 200, {}, SimpleNamespace(stream=lambda: [json.dumps(ANSWER).encode()]))
STREAM = b"".join(frame(json.dumps(said).encode(), event_type=name) for name, said in EVENTS)


@pytest.fixture
def recording(httpserver):
    """Answer everything, remember all of it."""
    heard = []

    def answer(request):
        heard.append(request)
        if request.path.endswith("-stream"):
            return Response(STREAM, content_type=MEDIA_TYPE)
        said = {"modelSummaries": [], "inferenceProfileSummaries": []} | ANSWER
        return Response(json.dumps(said), content_type="application/json")

    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
    return heard


@pytest.fixture
def theirs(httpserver):
    def client(service):
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=httpserver.url_for("/").rstrip("/"),
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(retries={"max_attempts": 0}),
        )

    return client


@pytest.fixture
def ours(httpserver, client):
    """Send a request of ours to the same server."""
    endpoint = Endpoint(httpserver.url_for("/").rstrip("/"), PAIR, {"region": "us-east-1"})

    def send(build):
        now = datetime.now(UTC)
        ready = authorizing.authorized(BEDROCK, build(endpoint), endpoint, client, at=now)
        return client.send(ready, timeout_s=20)

    return send


def shape(request):
    content = request.get_data()
    return {
        "method": request.method,
        "target": request.environ["RAW_URI"],
        "type": request.headers.get("Content-Type") if content else None,
        "signed by": request.headers["Authorization"].split("/")[2:4],
        "body": json.loads(content) if content else None,
    }


@pytest.mark.parametrize("model_id", [MODEL, PROFILE, "amazon.nova-lite-v1:0"])
def test_a_call_is_the_one_that_boto3_makes(recording, theirs, ours, model_id):
    theirs("bedrock-runtime").converse(modelId=model_id, **BODY)
    ours(lambda endpoint: CONVERSE.request(endpoint, model_id, BODY))

    assert shape(recording[0]) == shape(recording[1])


def test_a_streamed_call_is_the_one_that_boto3_makes(recording, theirs, ours):
    list(theirs("bedrock-runtime").converse_stream(modelId=PROFILE, **BODY)["stream"])
    ours(lambda endpoint: CONVERSE.request(endpoint, PROFILE, BODY, stream=True))

    assert shape(recording[0]) == shape(recording[1])


def test_lists_are_asked_for_as_boto3_does(recording, theirs, ours):
    models, profiles = BEDROCK.listing, BEDROCK.more_listings[0]
    theirs("bedrock").list_foundation_models()
    theirs("bedrock").list_inference_profiles(maxResults=1000)
    ours(models.request)
    ours(profiles.request)

    assert [shape(request) for request in recording[:2]] == [
        shape(request) for request in recording[2:]
    ]


def test_the_next_page_of_profiles_is_asked_for_as_boto3_does(recording, theirs, ours, make_answer):
    [profiles] = BEDROCK.more_listings
    said = make_answer({"nextToken": "a/b c=="})
    theirs("bedrock").list_inference_profiles(maxResults=1000, nextToken="a/b c==")
    ours(lambda endpoint: profiles.request_after(endpoint, said))

    assert shape(recording[0]) == shape(recording[1])


def test_an_api_key_goes_where_boto3_puts_it(monkeypatch):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-0123")
    theirs = boto3.client("bedrock-runtime", region_name="eu-west-3")
    caught = []
    theirs.meta.events.register("before-send", lambda request, **_: caught.append(request) or GONE)
    theirs.converse(modelId=PROFILE, **BODY)
    endpoint = BEDROCK.endpoint(
        credential={"api_key": "bedrock-api-key-0123"}, config={"region": "eu-west-3"}
    )

    ours = CONVERSE.request(endpoint, PROFILE, BODY)

    assert (caught[0].method, caught[0].url) == (ours.method, ours.url)
    assert caught[0].headers["Authorization"].decode() == ours.headers["authorization"]
    assert json.loads(caught[0].body) == json.loads(ours.body)


def test_a_stream_is_read_as_boto3_reads_it(recording, theirs, ours):
    their_events = list(theirs("bedrock-runtime").converse_stream(modelId=MODEL, **BODY)["stream"])
    answer = ours(lambda endpoint: CONVERSE.request(endpoint, MODEL, BODY, stream=True))
    splitter = CONVERSE.splitter()

    frames = splitter.feed(answer.body)

    splitter.close()
    assert [json.loads(frame.event) for frame in frames] == their_events
    assert answer.headers["content-type"] == MEDIA_TYPE


@pytest.mark.parametrize("as_written", ["payload", "event"])
def test_the_usage_of_a_stream_is_in_its_last_frame(as_written):
    frames = CONVERSE.splitter().feed(STREAM)

    seen = [CONVERSE.usage_of_event(getattr(frame, as_written)) for frame in frames]

    assert seen == [None] * 5 + [Usage(30, 5, 80, 20)]
    assert seen[-1].total_tokens == 135


def test_the_buckets_of_the_recorded_answer_sum_to_its_total(recorded):
    answer = recorded["bedrock"]["formats"]["converse"]["answer"]

    assert CONVERSE.usage_of(answer).total_tokens == answer["usage"]["totalTokens"]


def test_the_smallest_call_limits_its_answer():
    request = BEDROCK.smallest_request(
        BEDROCK.endpoint(), MODEL, model_kind="chat", is_reasoning=True
    )

    body = json.loads(request.body)
    assert body["inferenceConfig"] == {"maxTokens": 1024}
    assert request.url == (
        "https://bedrock-runtime.us-east-1.amazonaws.com"
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"
    )


def test_bytes_of_a_call_travel_as_they_are():
    assert CONVERSE.request(BEDROCK.endpoint(), "m", b'{"raw": 1}').body == b'{"raw": 1}'


@pytest.mark.parametrize(
    "payload", [b"", b"not json", b"[]", b'{"usage": null}', b'{"usage": {}}', b'{"usage": {x']
)
def test_a_frame_without_usage_has_none(payload):
    assert CONVERSE.usage_of_event(payload) is None


def test_reasoning_is_no_part_of_the_text(make_answer, recorded):
    answer = recorded["bedrock"]["formats"]["converse"]["answer"]

    assert CONVERSE.read_answer(make_answer(answer)).text == "OK"
