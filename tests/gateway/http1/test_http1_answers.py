import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http1.answers import AnswerReader
from gateway.http1.framing import MOST_HEAD_BYTES, Garbled

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


@given(st.integers(1, len(PLAIN) - 1))
def test_an_answer_reads_the_same_however_it_is_cut(place):
    reader = AnswerReader()

    body = reader.feed(PLAIN[:place]) + reader.feed(PLAIN[place:])

    assert (reader.status, reader.headers["content-type"], body) == (200, "text/plain", b"hello")
    assert reader.is_complete
    assert reader.is_reusable


@given(st.binary(max_size=400))
def test_garbage_is_refused_or_waited_for(data):
    reader = AnswerReader()

    try:
        reader.feed(b"HTTP/1.1 200 OK\r\n" + data)
    except Garbled:
        return
    assert reader.has_begun


@pytest.mark.parametrize(
    "head",
    [
        b"hello world",
        b"HTTP/2 200 OK",
        b"HTTP/1.1 99 Odd",
        b"HTTP/1.1 200 OK\r\nName : value",
        b"HTTP/1.1 200 OK\r\nA: b\r\n folded: yes",
        b"HTTP/1.1 200 OK\r\nA: b\nB: c",
        b"HTTP/1.1 200 OK\r\nA: b\0c",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1",
        b"HTTP/1.1 200 OK\r\nContent-Length: five",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked",
        b"HTTP/1.1 101 Switching Protocols",
        b"x" * (MOST_HEAD_BYTES + 1),
    ],
)
def test_a_head_that_is_not_plain_http_is_refused(head):
    reader = AnswerReader()

    with pytest.raises(Garbled):
        reader.feed(head + b"\r\n\r\n")


def test_what_a_server_says_beforehand_is_passed_over():
    reader = AnswerReader()

    body = reader.feed(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + PLAIN)

    assert (reader.status, body) == (200, b"hello")


@pytest.mark.parametrize(
    ("answer", "is_reusable"),
    [
        (PLAIN, True),
        (PLAIN + b"more than was asked", False),
        (PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), False),
        (PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"), False),
        (
            PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0").replace(
                b"\r\n\r\n", b"\r\nConnection: Keep-Alive\r\n\r\n"
            ),
            True,
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", True),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            False,
        ),
    ],
)
def test_a_connection_is_used_again_only_where_its_end_is_beyond_doubt(answer, is_reusable):
    reader = AnswerReader()

    reader.feed(answer)

    assert reader.is_complete
    assert reader.is_reusable == is_reusable


def test_the_connections_end_ends_an_answer_without_length_and_cuts_any_other():
    unbounded, bounded, silent = AnswerReader(), AnswerReader(), AnswerReader()
    unbounded.feed(b"HTTP/1.1 200 OK\r\n\r\nhello")
    bounded.feed(PLAIN[:-1])

    unbounded.end()

    assert unbounded.is_complete
    assert not unbounded.is_reusable
    for cut in (bounded, silent):
        with pytest.raises(Garbled):
            cut.end()
