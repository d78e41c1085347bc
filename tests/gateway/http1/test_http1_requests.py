import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http1 import requests
from gateway.http1.framing import MOST_HEAD_BYTES, Garbled
from gateway.http1.requests import read_head, split_head


def test_a_request_is_read_without_its_query():
    head = read_head(
        b"POST /v1/chat/completions?key=axk_secret HTTP/1.1\r\n"
        b"Host: gateway:8080\r\nContent-Length: 12\r\nX-Name:  value \t"
    )

    assert (head.method, head.path, head.length) == ("POST", "/v1/chat/completions", 12)
    assert head.headers["x-name"] == "value"
    assert head.keeps_connection
    assert "secret" not in repr(head)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +5",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked",
        b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c",
        b"GET / HTTP/1.1\r\n Host: a",
        b"GET / HTTP/1.1\r\nHost: a\nContent-Length: 5",
        b"GET / HTTP/1.1\r\nHost: a\rContent-Length: 5",
        b"GET / HTTP/1.1\r\nHost: a\r\n: nameless",
        b"GET / HTTP/1.1\r\nHost: a\r\nno colon",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nA: b",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\0c",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A" * 129 + b": b",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b",
        b"GET http://elsewhere/ HTTP/1.1\r\nHost: a",
        b"GET /a b HTTP/1.1\r\nHost: a",
        b"GET /\xc3\xa4 HTTP/1.1\r\nHost: a",
        b"get / HTTP/1.1\r\nHost: a",
        b"GET  / HTTP/1.1\r\nHost: a",
        b"GET / HTTP/2.0\r\nHost: a",
        b"OPTIONS * HTTP/1.1\r\nHost: a",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_a_head_that_two_servers_could_read_differently_is_refused(head):
    with pytest.raises(Garbled):
        read_head(head)


@given(st.binary(max_size=300))
def test_no_head_makes_the_reader_do_more_than_refuse(data):
    try:
        head = read_head(b"GET / HTTP/1.1\r\nHost: a\r\n" + data)
    except Garbled:
        return
    assert head.length is None or head.length >= 0


def test_first_lines_are_remembered_but_never_one_that_may_hold_a_token():
    before = requests._kept_start.cache_info().currsize
    for line in (b"GET /?key=axk_secret HTTP/1.1", b"GET /" + b"x" * 300 + b" HTTP/1.1"):
        assert read_head(line + b"\r\nHost: a").method == "GET"
    assert requests._kept_start.cache_info().currsize == before

    assert read_head(b"GET /never-seen HTTP/1.1\r\nHost: a").path == "/never-seen"
    assert requests._kept_start.cache_info().currsize == before + 1


def test_a_header_that_is_said_twice_is_joined():
    head = read_head(b"GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one:2 \r\nX-Two:")

    assert (head.headers["x-one"], head.headers["x-two"]) == ("1, 2", "")


def test_a_head_is_waited_for_and_what_follows_it_kept_apart():
    assert split_head(b"GET / HTTP/1.1\r\nHost: a\r\n") is None
    assert split_head(b"GET / HTTP/1.1\r\n\r\nbody") == (b"GET / HTTP/1.1", b"body")


@pytest.mark.parametrize("ending", [b"", b"\r\n\r\n"])
def test_a_head_that_never_ends_is_refused(ending):
    with pytest.raises(Garbled):
        split_head(b"x" * (MOST_HEAD_BYTES + 1) + ending)


@pytest.mark.parametrize(
    ("version", "connection", "keeps"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"\r\nConnection: close", False),
        (b"1.1", b"\r\nConnection: keep-alive, Close", False),
        (b"1.0", b"", False),
        (b"1.0", b"\r\nConnection: keep-alive", True),
    ],
)
def test_the_client_says_whether_more_will_come(version, connection, keeps):
    head = read_head(b"GET / HTTP/" + version + b"\r\nHost: a" + connection)

    assert head.keeps_connection == keeps
