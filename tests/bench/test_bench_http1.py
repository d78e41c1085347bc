import pytest

from bench.http1 import Garbled, MessageReader

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n7;note=x\r\n, world\r\n0\r\n\r\n"
)
PLAIN = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 5\r\n\r\nlater"


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("wire", "status", "body"), [(CHUNKED, 200, b"hello, world"), (PLAIN, 429, b"later")]
)
def test_an_answer_is_read_however_it_is_cut(size, wire, status, body):
    reader = MessageReader(is_answer=True)

    for start in range(0, len(wire), size):
        reader.feed(wire[start : start + size])

    assert (reader.status, bytes(reader.body), reader.is_complete) == (status, body, True)


def test_a_request_without_a_length_has_no_body():
    reader = MessageReader(is_answer=False)

    reader.feed(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert reader.is_complete


def test_an_answer_without_a_length_ends_with_its_connection():
    reader = MessageReader(is_answer=True)
    reader.feed(b"HTTP/1.0 200 OK\r\n\r\nsome")
    reader.feed(b" more")

    assert not reader.is_complete
    reader.close()

    assert (bytes(reader.body), reader.is_complete) == (b"some more", True)


@pytest.mark.parametrize("wire", [b"", PLAIN[:-1], CHUNKED[:-5]])
def test_an_answer_that_is_cut_is_garbled(wire):
    reader = MessageReader(is_answer=True)
    reader.feed(wire)

    with pytest.raises(Garbled):
        reader.close()


@pytest.mark.parametrize(
    "wire",
    [
        b"hello\r\n\r\n",
        PLAIN + b"more",
        CHUNKED + b"more",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
    ],
)
def test_bytes_that_do_not_fit_are_garbled(wire):
    reader = MessageReader(is_answer=True)

    with pytest.raises(Garbled):
        reader.feed(wire)
