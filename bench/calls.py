"""The one call that everybody gets, and how its answers are told from broken ones."""

import json
import re
from dataclasses import dataclass

CHAT_PATH = "/v1/chat/completions"
MODELS_PATH = "/v1/models"
PLAIN_MODEL = "default"
STREAM_MODEL = "bench-stream"
UPSTREAM_MODEL = "bench-model"
"""What the upstream of plain calls calls its only model."""

MARKER = b"Forty-two, as always."
WORDS = 60
CHUNKS = WORDS + 1
"""Content chunks, and a last one that carries the end, the usage and `[DONE]`."""

CHUNK_EVERY_S = 0.010
STREAM_S = (CHUNKS - 1) * CHUNK_EVERY_S
FIRST_WORD = b"chunk-00"

_WORD = re.compile(rb"chunk-(\d\d)")
_EXPECTED_WORDS = [b"%02d" % number for number in range(WORDS)]
_MESSAGES = [
    {"role": "system", "content": "You answer in one short sentence."},
    {"role": "user", "content": "What is the answer to everything, and is it always the same?"},
]
_USAGE = {"prompt_tokens": 31, "completion_tokens": 7, "total_tokens": 38}
_HEAD = {"id": "chatcmpl-bench", "created": 1760000000, "model": UPSTREAM_MODEL}


@dataclass(frozen=True, slots=True)
class Route:
    """Where a subject takes the call: a port on loopback, its headers, its name for the model."""

    port: int
    model: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{CHAT_PATH}"

    def request(self, body: bytes) -> bytes:
        """Spell the whole HTTP/1.1 request as it goes over the wire."""
        lines = [
            f"POST {CHAT_PATH} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


def plain_body(model: str) -> bytes:
    return _json({"model": model, "messages": _MESSAGES, "max_tokens": 32, "temperature": 0.2})


def stream_body(model: str) -> bytes:
    asked = {"stream": True, "stream_options": {"include_usage": True}}
    return _json({"model": model, "messages": _MESSAGES, "max_tokens": 128, **asked})


def long_body(model: str, *, size: int) -> bytes:
    """Ask the plain question with a prompt that makes the body about `size` bytes long."""
    messages = [*_MESSAGES, {"role": "user", "content": "What came before? " * (size // 18)}]
    return _json({"model": model, "messages": messages, "max_tokens": 32})


def measured_body(model: str, *, pieces: int, every_ms: int, size: int, is_stream: bool) -> bytes:
    """Ask the streams' upstream for an answer of so many pieces of so many bytes."""
    measure = {"pieces": pieces, "every_ms": every_ms, "bytes": size}
    return _json({"model": model, "messages": _MESSAGES, "stream": is_stream, "bench": measure})


def plain_answer() -> bytes:
    """Give what the upstream answers: a small chat completion with its usage."""
    message = {"role": "assistant", "content": MARKER.decode()}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return _json({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE})


def model_list() -> bytes:
    """Give what the upstream answers to who looks whether it is there: its models."""
    return _json({"object": "list", "data": [{"id": UPSTREAM_MODEL, "object": "model"}]})


def stream_writes() -> list[bytes]:
    """Give the slow stream, one item for each moment at which the upstream writes."""
    words = [_event({"role": "assistant", "content": "chunk-00 "}, finish=None)]
    words += [chunk_of(f"chunk-{n:02d} ") for n in range(1, WORDS)]
    return [*words, stream_end()]


def chunk_of(text: str) -> bytes:
    """Give one event of a stream."""
    return _event({"content": text}, finish=None)


def stream_end() -> bytes:
    """Give the last events of a stream: why it ends, what it used, and that it is over."""
    usage = {**_HEAD, "object": "chat.completion.chunk", "choices": [], "usage": _USAGE}
    return _event({}, finish="stop") + b"data: " + _json(usage) + b"\n\ndata: [DONE]\n\n"


def is_whole_answer(body: bytes) -> bool:
    return MARKER in body


def is_whole_stream(body: bytes) -> bool:
    """Every word once, in order, and the end said: whatever JSON spacing a gateway prefers."""
    return _WORD.findall(body) == _EXPECTED_WORDS and b"[DONE]" in body


def _event(delta: dict[str, str], *, finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {**_HEAD, "object": "chat.completion.chunk", "choices": [choice]}
    return b"data: " + _json(chunk) + b"\n\n"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
