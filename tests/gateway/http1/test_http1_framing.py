from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http1.framing import MOST_LINE_BYTES, BodyReader, Garbled

pieces_of_bodies = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


def cut(data, places):
    """Cut data at these places, as a network might."""
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def in_chunks(pieces, ending=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + ending


@given(pieces_of_bodies, st.lists(st.integers(0, 500)), st.binary(max_size=20))
def test_chunks_come_out_as_they_went_in_wherever_the_network_cuts(pieces, places, behind):
    reader = BodyReader(None, is_chunked=True)

    read = b"".join(map(reader.feed, cut(in_chunks(pieces) + behind, places)))

    assert read == b"".join(pieces)
    assert reader.is_complete
    assert reader.rest == behind


@given(st.binary(max_size=200), st.lists(st.integers(0, 500)), st.binary(max_size=20))
def test_a_body_of_known_length_ends_where_it_says(body, places, behind):
    reader = BodyReader(len(body))

    read = b"".join(map(reader.feed, cut(body + behind, places)))

    assert read == body
    assert reader.is_complete
    assert reader.rest == behind


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_do_more_than_refuse(data):
    reader = BodyReader(None, is_chunked=True)

    try:
        body = reader.feed(data)
    except Garbled:
        return
    assert len(body) < len(data) or not data


@pytest.mark.parametrize(
    "raw",
    [
        b"5\nhello\n0\n\n",
        b"-5\r\nhello\r\n",
        b"+5\r\nhello\r\n",
        b"0x5\r\nhello\r\n",
        b" 5\r\nhello\r\n",
        b"5 5\r\nhello\r\n",
        b"\r\nhello\r\n",
        b"5\r\nhello!\r\n",
        b"5\r\nhelloxx0\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b"5;a\0\r\nhello\r\n",
        b"1" * (MOST_LINE_BYTES + 1),
        b"0\r\n" + b"x: y\r\n" * MOST_LINE_BYTES,
    ],
)
def test_chunks_that_can_be_read_in_two_ways_are_refused(raw):
    reader = BodyReader(None, is_chunked=True)

    with pytest.raises(Garbled):
        reader.feed(raw + b"\r\n")


def test_sizes_may_carry_extensions_and_trailers_are_passed_over():
    reader = BodyReader(None, is_chunked=True)

    read = reader.feed(b"5;name=value\r\nhello\r\n0\r\nDigest: x\r\n\r\nnext")

    assert read == b"hello"
    assert reader.rest == b"next"


def test_a_cut_body_is_no_end():
    reader = BodyReader(10)
    reader.feed(b"half")

    with pytest.raises(Garbled):
        reader.end()


def test_a_body_without_length_ends_with_the_connection():
    reader = BodyReader(None)
    reader.feed(b"whatever comes")

    reader.end()

    assert reader.is_complete
