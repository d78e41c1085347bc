"""Signatures: AWS's own signer is the judge of what arrives."""

import logging
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from foundation import egress
from providers.kinds import authorizing, errors
from providers.kinds.client import CallFailed, Client
from providers.kinds.registry import KINDS
from providers.kinds.sigv4 import SigV4, signed
from providers.kinds.vocabulary import Endpoint, ErrorClass, NotAuthorized, Request
from tests.providers.kinds.cloud_doubles import (
    ACCESS_KEY,
    PAIR,
    SECRET_KEY,
    SESSION_TOKEN,
    Judge,
)

BEDROCK = KINDS["bedrock"]
CONVERSE = BEDROCK.dialects[0]
NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
CLIENT = Client(egress.Policy(allow_loopback=True))
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/8f3kq0m2xz1a"


@pytest.fixture
def aws(httpserver, monkeypatch):
    """Start a judge; return it and the endpoint of a provider there."""

    def start(credential=PAIR, **options):
        judge = Judge(monkeypatch, **options)
        httpserver.expect_request(re.compile(".*")).respond_with_handler(judge)
        config = {"region": options.get("region", "us-east-1")}
        return judge, Endpoint(httpserver.url_for("").rstrip("/"), credential, config)

    return start


def sent(endpoint, request, *, at=NOW):
    ready = authorizing.authorized(BEDROCK, request, endpoint, CLIENT, at=at)
    return CLIENT.send(ready, timeout_s=20)


@pytest.mark.parametrize(
    "model_id",
    [
        "amazon.nova-lite-v1:0",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        PROFILE,
        "a model/with?all#kinds&of=signs+~%20é",
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_call_is_signed_as_aws_itself_signs_it(aws, model_id, stream):
    _, endpoint = aws()
    body = {"messages": [{"role": "user", "content": [{"text": "Grüße 😀"}]}]}

    answer = sent(endpoint, CONVERSE.request(endpoint, model_id, body, stream=stream))

    assert answer.status == 200
    assert CONVERSE.read_answer(answer).text == "OK"


def test_a_list_is_signed_with_its_query(aws):
    judge, endpoint = aws()

    answers = [
        sent(endpoint, listing.request(endpoint))
        for listing in (BEDROCK.listing, *BEDROCK.more_listings)
    ]

    assert [answer.status for answer in answers] == [200, 200]
    assert judge.heard[1].query_string == b"maxResults=1000"


def test_temporary_credentials_bring_their_session_token(aws):
    judge, endpoint = aws(PAIR | {"session_token": SESSION_TOKEN}, session_token=SESSION_TOKEN)

    answer = sent(endpoint, CONVERSE.request(endpoint, "m", {}))

    assert answer.status == 200
    assert judge.heard[0].headers["X-Amz-Security-Token"] == SESSION_TOKEN
    assert "x-amz-security-token" in judge.heard[0].headers["Authorization"]


def test_the_region_is_part_of_the_signature(aws):
    _, endpoint = aws(region="eu-west-3")

    assert sent(endpoint, CONVERSE.request(endpoint, "m", {})).status == 200
    wrong = replace(endpoint, config={"region": "us-east-1"})
    assert sent(wrong, CONVERSE.request(wrong, "m", {})).status == 403


def test_a_body_that_was_changed_on_the_way_is_refused(aws):
    _, endpoint = aws()
    ready = signed(CONVERSE.request(endpoint, "m", {}), endpoint, service="bedrock", at=NOW)

    answer = CLIENT.send(replace(ready, body=b'{"messages":[]}'), timeout_s=20)

    assert answer.status == 403
    failure = errors.classify("Amazon Bedrock", answer, secrets=endpoint.secrets)
    assert failure.error_class is ErrorClass.INVALID_KEY
    assert "does not belong to this access key ID" in failure.message


def test_a_wrong_secret_is_refused(aws):
    _, endpoint = aws(PAIR | {"secret_access_key": "x" * 40})

    assert sent(endpoint, CONVERSE.request(endpoint, "m", {})).status == 403


def test_an_api_key_goes_out_as_it_is_and_nothing_is_signed(aws):
    judge, endpoint = aws({"api_key": "bedrock-api-key-0123"})

    request = CONVERSE.request(endpoint, "m", {})
    ready = authorizing.authorized(BEDROCK, request, endpoint, CLIENT, at=NOW)

    assert ready is request
    assert ready.headers["authorization"] == "Bearer bedrock-api-key-0123"
    assert judge.heard == []


def test_the_signature_is_a_function_of_request_credential_and_moment():
    endpoint = Endpoint("https://b.amazonaws.com", PAIR, {"region": "us-east-1"})
    request = Request("POST", "https://b.amazonaws.com/model/m/converse", {"a": "b"}, b"{}")

    def at(moment):
        return signed(request, endpoint, service="bedrock", at=moment).headers

    assert at(NOW) == at(NOW)
    assert at(NOW)["x-amz-date"] == "20261120T120000Z"
    assert at(NOW)["authorization"] != at(NOW.replace(second=1))["authorization"]
    assert request.headers == {"a": "b"}


def test_no_secret_is_sent_logged_or_shown(aws, caplog):
    judge, endpoint = aws(PAIR | {"session_token": SESSION_TOKEN}, session_token=SESSION_TOKEN)

    with caplog.at_level(logging.DEBUG):
        request = CONVERSE.request(endpoint, "m", {})
        ready = signed(request, endpoint, service="bedrock", at=NOW)
        told = caplog.text
    sent(endpoint, request)

    assert SESSION_TOKEN not in told
    assert SECRET_KEY not in told + repr(ready) + repr(endpoint)
    assert SECRET_KEY not in str(dict(judge.heard[0].headers))


def test_a_credential_without_a_key_fails_before_anything_is_sent(aws):
    judge, endpoint = aws({"access_key_id": ACCESS_KEY})

    with pytest.raises(CallFailed, match="neither an access key") as failed:
        sent(endpoint, CONVERSE.request(endpoint, "m", {}))

    assert failed.value.error_class is ErrorClass.INVALID_KEY
    assert judge.heard == []
    with pytest.raises(NotAuthorized):
        SigV4("bedrock").authorized(Request("GET", "https://x"), endpoint, at=NOW, send=CLIENT.send)


def test_what_takes_a_while_to_sign_is_left_to_a_thread(monkeypatch):
    endpoint = Endpoint("https://b.amazonaws.com", PAIR, {"region": "us-east-1"})

    def at_once(size):
        request = Request("POST", "https://b.amazonaws.com/", {}, b"x" * size)
        return SigV4("bedrock").at_once(request, endpoint, at=NOW, send=CLIENT.send)

    assert at_once(262_144).headers["authorization"]
    assert at_once(262_145) is None
    monkeypatch.delitem(sys.modules, "botocore.auth")
    assert at_once(0) is None  # loading botocore takes longest of all


@pytest.mark.parametrize(
    ("credential", "fields"),
    [
        (PAIR, set()),
        (PAIR | {"session_token": "t" * 40}, set()),
        ({"api_key": "bedrock-api-key-0123"}, set()),
        ({"api_key": "bedrock-api-key-0123", "access_key_id": " "}, set()),
        ({}, {"access_key_id"}),
        ({"access_key_id": ACCESS_KEY}, {"secret_access_key"}),
        ({"secret_access_key": SECRET_KEY}, {"access_key_id"}),
        ({"session_token": "t" * 40}, {"access_key_id", "secret_access_key"}),
        (PAIR | {"api_key": "b"}, {"access_key_id", "secret_access_key"}),
        ({"api_key": "b", "session_token": "t"}, {"session_token"}),
        (PAIR | {"access_key_id": SECRET_KEY}, {"access_key_id"}),
        (PAIR | {"secret_access_key": "two\nlines"}, {"secret_access_key"}),
        (PAIR | {"password": "x"}, {"password"}),
    ],
)
def test_a_credential_is_a_key_pair_or_an_api_key_and_not_both(credential, fields):
    found = BEDROCK.problems(base_url="", credential=credential, config={})

    assert found.keys() == fields
    assert all(sentence.endswith((".", "…")) for sentence in found.values())
