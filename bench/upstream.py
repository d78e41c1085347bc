"""The upstream of the streams: answers every chat call from memory, as fast as Python can.

    python -m bench.upstream PORT

A call with `"stream":true` gets one event every 10 ms on a fixed schedule, any other call the
plain answer. A call whose body says `"bench":{"pieces":P,"every_ms":M,"bytes":B}` gets an answer
of P pieces of B bytes each, as fast as it is taken where M is 0. `GET /under-way` tells how many
answers have begun and not ended. It listens on loopback alone.
"""

import asyncio
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat

from bench.calls import CHUNK_EVERY_S, chunk_of, plain_answer, stream_end, stream_writes
from bench.http1 import MessageReader
from bench.load.connection import allow_many_connections

UNDER_WAY = "/under-way"

_ASKS_FOR_STREAM = re.compile(rb'"stream":\s*true')
_MADE_TO_MEASURE = re.compile(
    rb'"bench":\s*\{"pieces":\s*(\d+),\s*"every_ms":\s*(\d+),\s*"bytes":\s*(\d+)\}'
)
_WHOLE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


def _whole(body: bytes) -> bytes:
    return _WHOLE_HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _chunked(payload: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(payload), payload)


def _stream_pieces() -> list[bytes]:
    first, *middle, last = [_chunked(write) for write in stream_writes()]
    return [_STREAM_HEAD + first, *middle, last + b"0\r\n\r\n"]


_PLAIN_ANSWER = _whole(plain_answer())
_STREAM = _stream_pieces()


@dataclass(slots=True)
class Flow:
    """What is still to be written of an answer; `every_s` 0 is as fast as it is taken."""

    pieces: Iterator[bytes]
    every_s: float
    due: float


def _made_to_measure(found: re.Match[bytes], *, is_stream: bool) -> Iterator[bytes]:
    pieces, _, size = map(int, found.groups())
    if is_stream:
        event = _chunked(chunk_of("x" * size))
        return chain([_STREAM_HEAD], repeat(event, pieces), [_chunked(stream_end()), b"0\r\n\r\n"])
    head = _WHOLE_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(b'{"padding":"')
    return chain([head], repeat(_chunked(b"x" * size), pieces), [_chunked(b'"}'), b"0\r\n\r\n"])


class Upstream(asyncio.Protocol):
    """One connection of a gateway's pool."""

    under_way = 0

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._reader = MessageReader(is_answer=False)
        self._flow: Flow | None = None
        self._is_full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport if isinstance(transport, asyncio.Transport) else None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._transport = None
        self._end()

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        if not self._reader.is_complete or self._transport is None:
            return
        reader, self._reader = self._reader, MessageReader(is_answer=False)
        is_stream = _ASKS_FOR_STREAM.search(reader.body) is not None
        found = _MADE_TO_MEASURE.search(reader.body)
        if found:
            every_s = int(found.group(2)) / 1000
            self._begin(_made_to_measure(found, is_stream=is_stream), every_s)
        elif is_stream:
            self._begin(iter(_STREAM), CHUNK_EVERY_S)
        elif UNDER_WAY in reader.start_line:
            self._transport.write(_whole(b"%d" % Upstream.under_way))
        else:
            self._transport.write(_PLAIN_ANSWER)

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        if self._flow is not None and not self._flow.every_s:
            self._write()

    def _begin(self, pieces: Iterator[bytes], every_s: float) -> None:
        self._flow = Flow(pieces, every_s, self._loop.time())
        Upstream.under_way += 1
        self._write()

    def _write(self) -> None:
        flow = self._flow
        while flow is not None and self._transport is not None and not self._is_full:
            piece = next(flow.pieces, None)
            if piece is None:
                self._end()
                return
            self._transport.write(piece)
            if flow.every_s:
                flow.due += flow.every_s
                self._loop.call_at(flow.due, self._write)
                return

    def _end(self) -> None:
        if self._flow is not None:
            self._flow = None
            Upstream.under_way -= 1


async def serve(port: int) -> None:
    allow_many_connections()
    server = await asyncio.get_running_loop().create_server(
        Upstream, "127.0.0.1", port, backlog=4096
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
