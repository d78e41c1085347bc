"""A small OpenAI-compatible server of the tests' own, which can be told to hold its answers."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HELD_AT_MOST_S = 60.0
MODELS = ("slow-model", "other-model")
WORDS = ("Hello", " from", " a", " held", " server", ".")
USAGE = {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_words: object) -> None:
        """Say nothing of clients that left: some are killed while they wait."""


class Upstream:
    """Answers every chat; while held, it takes requests and answers none of them."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self._arrived = threading.Condition()
        self._may_answer = threading.Event()
        self._may_answer.set()
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold answers back inside, and give them all on the way out."""
        self._may_answer.clear()
        try:
            yield
        finally:
            self._may_answer.set()

    def hold(self) -> None:
        """Hold answers back until they are released."""
        self._may_answer.clear()

    def release(self) -> None:
        self._may_answer.set()

    def wait_for_requests(self, count: int) -> None:
        """Wait until so many chats have arrived in all."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.seen) >= count, HELD_AT_MOST_S)
        assert arrived, f"only {len(self.seen)} of {count} requests arrived"

    def take(self, body: dict[str, Any]) -> None:
        """Count a chat, and let it wait while answers are held."""
        with self._arrived:
            self.seen.append(body)
            self._arrived.notify_all()
        self._may_answer.wait(HELD_AT_MOST_S)

    def stop(self) -> None:
        self._may_answer.set()
        self._server.shutdown()
        self._server.server_close()


def _handler_for(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path != "/v1/models":
                self._send("text/plain", "There is nothing here.", status=404)
                return
            models = [{"id": name, "object": "model", "owned_by": "tests"} for name in MODELS]
            self._send("application/json", json.dumps({"object": "list", "data": models}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path != "/v1/chat/completions":
                self._send("text/plain", "There is nothing here.", status=404)
                return
            upstream.take(body)
            if body.get("stream"):
                self._send("text/event-stream", "".join(_events(body)))
            else:
                self._send("application/json", json.dumps(_answer(body)))

        def log_message(self, *_words: object) -> None:
            """Say nothing: the test looks at `seen`."""

        def _send(self, kind: str, text: str, *, status: int = 200) -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


def _answer(body: Mapping[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": "".join(WORDS)}
    return {
        "id": "chatcmpl-held",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": USAGE,
    }


def _events(body: Mapping[str, Any]) -> Iterator[str]:
    common = {
        "id": "chatcmpl-held",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": body["model"],
    }
    for word in WORDS:
        choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
        yield f"data: {json.dumps({**common, 'choices': [choice]})}\n\n"
    ended = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield f"data: {json.dumps({**common, 'choices': [ended]})}\n\n"
    if (body.get("stream_options") or {}).get("include_usage"):
        yield f"data: {json.dumps({**common, 'choices': [], 'usage': USAGE})}\n\n"
    yield "data: [DONE]\n\n"
