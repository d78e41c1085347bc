from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.kinds.dialects.sse import EventSplitter, EventTooLarge

STREAM = (
    b"\xef\xbb\xbfdata: first\n\n"
    b": a comment\n\n"
    b'event: message_start\r\ndata: {"a":\r\ndata: 1}\r\nid: 7\r\n\r\n'
    b"data:no space\r\rdata\n\n"
    b"retry: 10\n\nDATA: other field\n\n"
    b"data: gr\xc3\xbc\xc3\x9fe\n\ndata: [DONE]\n\n"
)
PAYLOADS = [b"first", b'{"a":\n1}', b"no space", b"", "grüße".encode(), b"[DONE]"]


def test_payloads_come_out_whole_and_in_order():
    assert EventSplitter().feed(STREAM) == PAYLOADS


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_it_does_not_matter_where_the_chunks_are_cut(cuts):
    splitter = EventSplitter()
    edges = [0, *sorted(cuts), len(STREAM)]

    heard = []
    for start, end in pairwise(edges):
        heard += splitter.feed(STREAM[start:end])

    assert heard == PAYLOADS


def test_bytes_one_by_one_make_the_same_payloads():
    splitter = EventSplitter()

    heard = [payload for byte in STREAM for payload in splitter.feed(bytes([byte]))]

    assert heard == PAYLOADS


def test_an_event_waits_for_its_blank_line():
    splitter = EventSplitter()

    assert splitter.feed(b"data: x\n") == []
    assert splitter.feed(b"\n") == [b"x"]


def test_a_last_event_without_its_blank_line_comes_out_at_the_end():
    splitter = EventSplitter()
    splitter.feed(b"data: x\n\ndata: last")

    assert splitter.close() == [b"last"]
    assert splitter.close() == []


def test_a_line_without_end_stops_at_the_limit():
    splitter = EventSplitter(most_event_bytes=100)
    splitter.feed(b"data: " + b"x" * 90)

    with pytest.raises(EventTooLarge):
        splitter.feed(b"x" * 10)


def test_an_event_of_many_lines_stops_at_the_limit():
    splitter = EventSplitter(most_event_bytes=100)
    splitter.feed(b"data: xxxxxxxxxx\n" * 9)

    with pytest.raises(EventTooLarge):
        splitter.feed(b"data: xxxxxxxxxx\n")


def test_many_small_events_never_reach_the_limit():
    splitter = EventSplitter(most_event_bytes=100)

    heard = [payload for _ in range(100) for payload in splitter.feed(b"data: xxxxxxxxxx\n\n")]

    assert len(heard) == 100
