"""A provider's server that behaves as a test wants it to, down to single bytes on the wire."""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

PATIENCE_S = 20.0

USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "upstream-model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}}],
    "usage": USAGE,
}
TLS_HANDSHAKE = b"\x16"
WHOLE_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)


class NotHTTP(Exception):
    """The other side begins with TLS."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass(slots=True)
class Peer:
    """The connection that a behaviour answers on."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    request: Seen

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send_event(self, content: Mapping[str, object] | bytes) -> None:
        await self.send_chunk(event(content))

    async def send_chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        await self.send(b"0\r\n\r\n")

    def cut(self) -> None:
        self.writer.transport.abort()


Behaviour = Callable[[Peer], Awaitable[None]]


@dataclass(slots=True)
class Upstream:
    """Answers with the behaviours in `next`, one each, and then as it usually does.

    It runs in a thread of its own. `left` counts connections that the other side has closed.
    """

    seen: list[Seen] = field(default_factory=list)
    next: deque[Behaviour] = field(default_factory=deque)
    usually: Behaviour = field(default_factory=lambda: plainly)
    connections: int = 0
    left: int = 0
    port: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(PATIENCE_S)

    def stop(self) -> None:
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread:
            self._thread.join(PATIENCE_S)

    def wait_until(self, condition: Callable[["Upstream"], bool]) -> None:
        """Wait for something to have happened here."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), PATIENCE_S)

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**26)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._loop.call_soon(started.set)
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _note(self, **changes: int) -> None:
        with self._changed:
            for name, by in changes.items():
                setattr(self, name, getattr(self, name) + by)
            self._changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._note(connections=1)
        try:
            while True:
                request = await _read(reader)
                with self._changed:
                    self.seen.append(request)
                    self._changed.notify_all()
                behave = self.next.popleft() if self.next else self.usually
                await behave(Peer(reader, writer, request))
        except NotHTTP:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        except (OSError, EOFError, asyncio.IncompleteReadError):
            self._note(left=1)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Seen:
    first = await reader.readexactly(1)
    if first == TLS_HANDSHAKE:
        raise NotHTTP
    head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    fields = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, path, headers, body)


async def plainly(peer: Peer) -> None:
    """Answer as a well-behaved provider does."""
    if peer.request.json.get("stream"):
        await stream("Hel", "lo", usage=USAGE)(peer)
    else:
        await answer(ANSWER)(peer)


def answer(
    content: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Behaviour:
    """Answer with JSON, or with bytes as they are."""

    async def behave(peer: Peer) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        fields = {"Content-Type": "application/json", **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        head = f"HTTP/1.1 {status} Said\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        await peer.send(head.encode() + body)

    return behave


def raw(data: bytes) -> Behaviour:
    """Send bytes and close."""

    async def behave(peer: Peer) -> None:
        await peer.send(data)
        peer.writer.close()

    return behave


def stream(*words: str, usage: object = None, ends: bool = True, done: bool = True) -> Behaviour:
    """Send words one by one; without `ends` the connection is cut behind them."""

    async def behave(peer: Peer) -> None:
        await peer.send(EVENTS_HEAD)
        for word in words:
            await peer.send_event(delta(word))
        if usage:
            await peer.send_event({"choices": [], "usage": usage})
        if not ends:
            peer.cut()
            return
        if done:
            await peer.send_event(b"[DONE]")
        await peer.end()

    return behave


def event(content: Mapping[str, object] | bytes) -> bytes:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return b"data: " + payload + b"\n\n"


def delta(word: str) -> dict[str, object]:
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {"content": word}}],
    }


async def silence(peer: Peer) -> None:
    """Take the request and say nothing, until the other side leaves."""
    await peer.reader.read(1)
    raise EOFError


async def close(peer: Peer) -> None:
    """Take the request and hang up."""
    peer.cut()


@dataclass(slots=True)
class Held:
    """A stream that goes on when told: its first events at once, the rest after `go_on`."""

    first: bytes = event(delta("Hel"))
    rest: tuple[Mapping[str, object] | bytes, ...] = ()
    _go: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        self._go.set()

    async def __call__(self, peer: Peer) -> None:
        await peer.send(EVENTS_HEAD)
        await peer.send_chunk(self.first)
        leaves = asyncio.ensure_future(peer.reader.read(1))
        goes_on = asyncio.ensure_future(asyncio.to_thread(self._go.wait, PATIENCE_S))
        await asyncio.wait({leaves, goes_on}, return_when=asyncio.FIRST_COMPLETED)
        if leaves.done():
            self._go.set()
            raise EOFError
        leaves.cancel()
        for content in self.rest or (delta("lo"), b"[DONE]"):
            await peer.send_event(content)
        await peer.end()
