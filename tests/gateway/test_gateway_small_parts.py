"""Parts that are a screen each: estimates, ids, headers, counters."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.attempts import Flowing
from gateway.estimates import estimated
from gateway.formats import asking, openai
from gateway.forward.connection import Connection
from gateway.http1.framing import WORTH_SPARING_BYTES
from gateway.listen import wire
from gateway.metrics import Metrics
from gateway.passing import passed
from gateway.principals import token_in
from gateway.refusals import BadRequest, NobodyAnswered, TokenInvalid
from gateway.request_ids import RequestIds
from providers.kinds.vocabulary import ErrorClass, Usage

TOKEN = "axk_" + "a" * 43


def test_an_estimate_is_four_characters_a_token_without_files_and_field_names():
    request = {
        "messages": [
            {"role": "user", "content": "12345678"},
            {"role": "user", "content": [{"image_url": {"url": "data:image/png;base64,AAAA"}}]},
        ],
        "metadata": {"note": "not part of the prompt"},
    }

    usage = estimated(request, answer_characters=9)

    assert usage == Usage(input_tokens=4, output_tokens=3)


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(), st.lists))
def test_an_estimate_is_had_from_any_request(content):
    usage = estimated({"messages": content}, answer_characters=0)

    assert usage.input_tokens >= 0


def test_request_ids_are_well_formed_and_differ():
    ids = RequestIds()

    made = [ids.new() for _ in range(2_000)]

    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"req_[A-Za-z0-9]{16}", one) for one in made)
    assert len(set("".join(made))) > 60


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"authorization": f"Bearer {TOKEN}"}, TOKEN),
        ({"authorization": f"bearer  {TOKEN} "}, TOKEN),
        ({"x-api-key": TOKEN}, TOKEN),
        ({"x-goog-api-key": TOKEN}, TOKEN),
        ({"api-key": TOKEN}, TOKEN),
        ({"authorization": "Basic abc", "x-api-key": TOKEN}, TOKEN),
        ({"authorization": "", "api-key": TOKEN}, TOKEN),
        ({"authorization": "Bearer"}, ""),
        ({}, ""),
    ],
)
def test_a_token_is_found_where_any_client_puts_it(headers, token):
    assert token_in(headers.get) == token


def test_tokens_cookies_and_the_connections_own_headers_stay_here():
    headers = {
        "authorization": "Bearer x",
        "x-api-key": "x",
        "x-goog-api-key": "x",
        "api-key": "x",
        "cookie": "session=1",
        "host": "gateway",
        "content-length": "5",
        "connection": "keep-alive, X-Mine",
        "x-mine": "hop",
        "x-forwarded-for": "10.0.0.1",
        "proxy-authorization": "x",
        "accept-encoding": "gzip",
        "traceparent": "00-abc",
        "user-agent": "OpenAI/Python",
        "x-broken": "a\x7fb",
    }

    assert passed(headers) == {"traceparent": "00-abc", "user-agent": "OpenAI/Python"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"not json", None),
        (b"[]", None),
        (b'{"model": 5}', "model"),
        (b'{"model": ["a"]}', "model"),
        (b'{"stream": "yes"}', "stream"),
        (b'{"stream": 1}', "stream"),
        (b'{"model": "\xff"}', None),
        (b"[" * 5_000 + b"]" * 5_000, None),
    ],
)
def test_a_body_that_is_no_request_is_refused_with_its_field(body, param):
    with pytest.raises(BadRequest) as refusal:
        openai.read_chat(body)

    assert refusal.value.param == param


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b"{}", ("", False, False)),
        (b'{"model": null, "stream": null}', ("", False, False)),
        (b'{"model": " a/b ", "stream": true}', ("a/b", True, False)),
        (b'{"stream": true, "stream_options": {"include_usage": true}}', ("", True, True)),
        (b'{"stream": false, "stream_options": []}', ("", False, False)),
    ],
)
def test_a_request_says_model_and_manner(body, read):
    asked = openai.read_chat(body)

    assert (asked.model, asked.streams, asked.wants_usage) == read


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (TokenInvalid("no"), b"invalid_request_error"),
        (NobodyAnswered(ErrorClass.TIMEOUT, "no"), b"server_error"),
        (NobodyAnswered(ErrorClass.RATE_LIMITED, "no"), b"rate_limit_error"),
    ],
)
def test_refusals_look_like_openais_own(refusal, kind):
    body = asking.error(openai.FORM, refusal)

    assert b'"message":"no"' in body
    assert kind in body


def test_counters_are_read_in_prometheus_own_words():
    metrics = Metrics(lambda: [("axiom_gateway_calls", "Calls under way.", 2)])
    metrics.answered("chat", 200, "aip_x", 0.02)
    metrics.answered("chat", 200, "aip_x", 400)
    metrics.attempted("aip_x", "ok")
    metrics.began(0.3)

    text = metrics.text().decode()

    assert 'axiom_gateway_requests_total{format="chat",provider="aip_x",status="200"} 2.0' in text
    assert 'axiom_gateway_attempts_total{outcome="ok",provider="aip_x"} 1.0' in text
    assert 'axiom_gateway_request_seconds_bucket{format="chat",le="0.025"} 1.0' in text
    assert 'axiom_gateway_request_seconds_bucket{format="chat",le="+Inf"} 2.0' in text
    assert "axiom_gateway_calls 2.0" in text


class Transport:
    """The wire to a provider, as far as this tells whether it is there."""

    def __init__(self):
        self.is_aborted = False
        self.written = []

    def write(self, data):
        self.written.append(data)

    def writelines(self, data):
        self.written += data

    def abort(self):
        self.is_aborted = True


async def connected(transport):
    connection = Connection()
    connection.connection_made(transport)
    return connection


def test_a_provider_that_speaks_unasked_is_hung_up_on():
    transport = Transport()
    connection = asyncio.run(connected(transport))
    connection.send(b"GET / HTTP/1.1\r\n\r\n", b"")
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    connection.data_received(b"HTTP/1.1 200 OK\r\n")

    assert transport.is_aborted
    assert not connection.is_reusable
    assert connection.taken() == b"{}"  # the answer itself is as good as before


@pytest.mark.parametrize("size", [0, 65_535, 65_536, 200_000])
def test_a_request_is_sent_whole_and_a_large_body_without_a_copy(size):
    transport, body = Transport(), b"x" * size
    connection = asyncio.run(connected(transport))
    connection.send(b"POST / HTTP/1.1\r\n\r\n", body)

    assert b"".join(transport.written) == b"POST / HTTP/1.1\r\n\r\n" + body
    assert any(part is body for part in transport.written) == (size >= WORTH_SPARING_BYTES)


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 200_000])
def test_a_chunk_is_the_same_in_one_part_and_in_several(size):
    data = b"x" * size

    assert b"".join(wire.chunked(data)) == b"%x\r\n%b\r\n" % (size, data)


def test_a_large_piece_is_not_copied_into_its_chunk():
    data = b"x" * 200_000

    assert any(part is data for part in wire.chunked(data))


def test_a_stream_holds_its_beginning_until_it_is_taken():
    flowing = Flowing(None, None, b"data: first\n\n")

    assert flowing.taken_beginning() == b"data: first\n\n"
    assert flowing.beginning == b""
