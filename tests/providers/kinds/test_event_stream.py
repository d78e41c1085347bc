"""AWS's event stream, split at every place, damaged in every way; botocore reads it beside us."""

import itertools
import json
import struct
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from providers.kinds.dialects.event_stream import FrameCorrupt, FrameSplitter
from providers.kinds.dialects.sse import EventTooLarge
from tests.providers.kinds.cloud_doubles import frame

START = frame(b'{"role":"assistant"}', event_type="messageStart")
DELTA = frame(b'{"delta":{"text":"Gr\xc3\xbc\xc3\x9fe"}}', event_type="contentBlockDelta")
LAST = frame(b'{"usage":{"inputTokens":3}}', event_type="metadata")
STREAM = START + DELTA + LAST
NAMES = ["messageStart", "contentBlockDelta", "metadata"]


def names_of(frames):
    return [frame.name for frame in frames]


def test_a_stream_is_split_into_its_frames():
    frames = FrameSplitter().feed(STREAM)

    assert names_of(frames) == NAMES
    assert [frame.is_failure for frame in frames] == [False] * 3
    assert frames[1].payload == '{"delta":{"text":"Grüße"}}'.encode()
    assert json.loads(frames[2].event) == {"metadata": {"usage": {"inputTokens": 3}}}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 11, 12, 13, 50, len(START), len(STREAM)])
def test_it_does_not_matter_where_chunks_end(size):
    splitter = FrameSplitter()
    chunks = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]

    frames = [frame for chunk in chunks for frame in splitter.feed(chunk)]

    assert names_of(frames) == NAMES
    splitter.close()


def test_a_frame_comes_out_as_soon_as_its_last_byte_is_in():
    splitter = FrameSplitter()

    assert splitter.feed(START[:-1]) == []
    assert names_of(splitter.feed(START[-1:])) == ["messageStart"]


@given(
    payloads=st.lists(st.binary(max_size=300), max_size=5),
    cuts=st.lists(st.integers(0, 2000), max_size=8),
)
def test_botocore_reads_the_same(payloads, cuts):
    stream = b"".join(frame(payload, event_type="chunk") for payload in payloads)
    places = [0, *sorted({min(cut, len(stream)) for cut in cuts}), len(stream)]
    splitter, judge = FrameSplitter(), EventStreamBuffer()

    ours, theirs = [], []
    for start, end in itertools.pairwise(places):
        ours += splitter.feed(stream[start:end])
        judge.add_data(stream[start:end])
        theirs += list(judge)

    assert [one.payload for one in ours] == [one.payload for one in theirs] == payloads
    assert names_of(ours) == [one.headers[":event-type"] for one in theirs]


@pytest.mark.parametrize("place", range(0, len(START), 5))
def test_a_changed_byte_anywhere_is_noticed(place):
    damaged = bytearray(START)
    damaged[place] ^= 0x40

    with pytest.raises(FrameCorrupt, match="checksum"):
        FrameSplitter().feed(bytes(damaged))


def test_a_length_that_lies_is_noticed_before_anything_is_kept_for_it():
    lying = bytearray(START)
    lying[0] = 0x7F

    with pytest.raises(FrameCorrupt, match="checksum"):
        FrameSplitter().feed(bytes(lying[:12]))


def test_a_huge_frame_is_refused_at_its_prelude():
    prelude = struct.pack("!II", 8_388_609, 0)

    with pytest.raises(EventTooLarge, match="8388608 bytes"):
        FrameSplitter().feed(prelude + struct.pack("!I", crc32(prelude)))


def test_a_frame_at_the_limit_is_read():
    payload = b"x" * (1000 - 16)

    frames = FrameSplitter(most_frame_bytes=1000).feed(frame(payload, headers=b""))

    assert frames[0].payload == payload
    with pytest.raises(EventTooLarge):
        FrameSplitter(most_frame_bytes=999).feed(frame(payload, headers=b""))


@pytest.mark.parametrize("lengths", [(0, 0), (15, 0), (16, 1), (100, 4_000_000_000)])
def test_impossible_lengths_are_refused(lengths):
    prelude = struct.pack("!II", *lengths)

    with pytest.raises(FrameCorrupt):
        FrameSplitter().feed(prelude + struct.pack("!I", crc32(prelude)) + bytes(200))


def test_a_stream_that_ends_within_a_frame_is_said_to_be_cut():
    splitter = FrameSplitter()
    splitter.feed(STREAM[:-3])

    with pytest.raises(FrameCorrupt, match="ended within a frame"):
        splitter.close()


def test_a_web_page_is_no_event_stream():
    with pytest.raises(FrameCorrupt):
        FrameSplitter().feed(b"<!DOCTYPE html><html><head><title>502</title></head></html>")


def test_a_failure_within_the_stream_is_named():
    exception = frame(
        b'{"message":"Too many tokens."}',
        message_type="exception",
        exception_type="throttlingException",
    )
    error = frame(b"", message_type="error", error_code="InternalServer", error_message="Oh.")

    first, second = FrameSplitter().feed(exception + error)

    assert (first.is_failure, first.message, first.name) == (
        True,
        "exception",
        "throttlingException",
    )
    assert (second.is_failure, second.name, second.event) == (
        True,
        "InternalServer",
        b'{"InternalServer":{}}',
    )


def test_headers_of_every_type_are_passed_over():
    values = [
        b"\x00",
        b"\x01",
        b"\x02\x7f",
        b"\x03\x00\x01",
        b"\x04" + bytes(4),
        b"\x05" + bytes(8),
        b"\x06\x00\x03abc",
        b"\x07\x00\x01x",
        b"\x08" + bytes(8),
        b"\x09" + bytes(16),
    ]
    named = b"".join(b"\x01%c" % (97 + number) + value for number, value in enumerate(values))
    named += b"\x0b:event-type\x07\x00\x04ping"

    assert names_of(FrameSplitter().feed(frame(b"{}", headers=named))) == ["ping"]


@pytest.mark.parametrize(
    "headers",
    [
        b"\x05ab",
        b"\x01a\x0a",
        b"\x01a\x07\x00\x09x",
        b"\x01a\x05\x00",
        b"\x01a",
        b"\x02\xff\xfe\x07\x00\x01x",
        b"\x0d:message-type\x07\x00\x04join",
    ],
)
def test_headers_that_can_not_be_read_are_refused(headers):
    with pytest.raises(FrameCorrupt):
        FrameSplitter().feed(frame(b"{}", headers=headers))
