"""What a provider of each format says, whole and in events, and how it is asked for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import Project
from providers.kinds.registry import KINDS
from providers.kinds.vocabulary import Format
from providers.models import Provider
from tests import factories
from tests.gateway import upstream as up
from tests.gateway.records import KEY, routing_of
from tests.gateway.upstream import Upstream
from tests.moved_kinds import moved

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Speaker:
    """One format: where it is asked, what is asked, and what comes back for 7 and 3 tokens."""

    format: Format
    kind: str
    path: str
    asked: Json
    whole: Json
    preamble: tuple[tuple[str, Json], ...] = ()
    words: tuple[tuple[str, Json], ...] = ()
    end: tuple[tuple[str, Json], ...] = ()
    stream_path: str = ""

    @property
    def events(self) -> bytes:
        return b"".join(event(*said) for said in (*self.preamble, *self.words, *self.end))

    def streaming(self) -> tuple[str, Json]:
        """Give the path and the body that ask for a stream."""
        if self.stream_path:
            return self.stream_path, self.asked
        return self.path, self.asked | {"stream": True}

    def flow(self, *parts: tuple[tuple[str, Json], ...], ends: bool = True) -> up.Behaviour:
        """Send these parts; without `ends` the connection is cut behind them."""

        async def behave(peer: up.Peer) -> None:
            await peer.send(up.EVENTS_HEAD)
            for part in parts:
                for said in part:
                    await peer.send_chunk(event(*said))
            await (peer.end() if ends else _cut(peer))

        return behave

    async def plainly(self, peer: up.Peer) -> None:
        """Answer as a well-behaved provider does: whole, or in events where those are asked for."""
        in_events = ":stream" in peer.request.path or peer.request.json.get("stream")
        flow = self.flow(self.preamble, self.words, self.end)
        await (flow if in_events else up.answer(self.whole))(peer)


async def _cut(peer: up.Peer) -> None:
    peer.cut()


def event(name: str, content: Mapping[str, object]) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(content)}\n\n".encode()


def _typed(content: Json) -> tuple[str, Json]:
    return content["type"], content


MESSAGES = Speaker(
    Format.MESSAGES,
    "anthropic",
    "/v1/messages",
    {"model": "default", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]},
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "upstream-model",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 3},
    },
    preamble=(
        _typed(
            {
                "type": "message_start",
                "message": {
                    "id": "msg_1",
                    "type": "message",
                    "role": "assistant",
                    "model": "upstream-model",
                    "content": [],
                    "stop_reason": None,
                    "stop_sequence": None,
                    "usage": {"input_tokens": 7, "output_tokens": 1},
                },
            }
        ),
        _typed({"type": "ping"}),
    ),
    words=(
        _typed(
            {
                "type": "content_block_start",
                "index": 0,
                "content_block": {"type": "text", "text": ""},
            }
        ),
        _typed(
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": "Hello"},
            }
        ),
    ),
    end=(
        _typed({"type": "content_block_stop", "index": 0}),
        _typed(
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {"output_tokens": 3},
            }
        ),
        _typed({"type": "message_stop"}),
    ),
)

_RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "in_progress",
    "model": "upstream-model",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "error": None,
    "usage": None,
}
_SAID = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
}
_RESPONDED = _RESPONSE | {
    "status": "completed",
    "output": [_SAID],
    "usage": {
        "input_tokens": 7,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 10,
    },
}
RESPONSES = Speaker(
    Format.RESPONSES,
    "openai",
    "/v1/responses",
    {"model": "default", "input": "Hi", "store": False},
    _RESPONDED,
    preamble=(
        _typed({"type": "response.created", "sequence_number": 0, "response": _RESPONSE}),
        _typed({"type": "response.in_progress", "sequence_number": 1, "response": _RESPONSE}),
    ),
    words=(
        _typed(
            {
                "type": "response.output_item.added",
                "sequence_number": 2,
                "output_index": 0,
                "item": _SAID | {"status": "in_progress", "content": []},
            }
        ),
        _typed(
            {
                "type": "response.content_part.added",
                "sequence_number": 3,
                "item_id": "msg_1",
                "output_index": 0,
                "content_index": 0,
                "part": {"type": "output_text", "text": "", "annotations": []},
            }
        ),
        _typed(
            {
                "type": "response.output_text.delta",
                "sequence_number": 3,
                "item_id": "msg_1",
                "output_index": 0,
                "content_index": 0,
                "delta": "Hello",
                "logprobs": [],
            }
        ),
    ),
    end=(
        _typed(
            {
                "type": "response.output_item.done",
                "sequence_number": 4,
                "output_index": 0,
                "item": _SAID,
            }
        ),
        _typed({"type": "response.completed", "sequence_number": 5, "response": _RESPONDED}),
    ),
)

_COUNTED = {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10}
_CANDIDATE = {"content": {"role": "model", "parts": [{"text": "Hello"}]}, "index": 0}
GEMINI = Speaker(
    Format.GEMINI,
    "google",
    "/v1beta/models/default:generateContent",
    {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
    {"candidates": [_CANDIDATE | {"finishReason": "STOP"}], "usageMetadata": _COUNTED},
    words=(("", {"candidates": [_CANDIDATE]}),),
    end=(
        (
            "",
            {
                "candidates": [{"finishReason": "STOP", "index": 0}],
                "usageMetadata": _COUNTED,
            },
        ),
    ),
    stream_path="/v1beta/models/default:streamGenerateContent?alt=sse",
)
EMBEDDINGS = Speaker(
    Format.EMBEDDINGS,
    "openai",
    "/v1/embeddings",
    {"model": "default", "input": "Hi"},
    {
        "object": "list",
        "model": "upstream-model",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}],
        "usage": {"prompt_tokens": 10, "total_tokens": 10},
    },
)
_CHUNK = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "upstream-model"}
CHAT = Speaker(
    Format.CHAT,
    "openai",
    "/v1/chat/completions",
    {"model": "default", "messages": [{"role": "user", "content": "Hi"}]},
    up.ANSWER,
    words=(("", up.delta("Hello")),),
    end=(
        ("", _CHUNK | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
        ("", _CHUNK | {"choices": [], "usage": up.USAGE}),
    ),
)
STREAMING = (MESSAGES, RESPONSES, GEMINI)
ALL = (*STREAMING, EMBEDDINGS)


def move_kind(monkeypatch: pytest.MonkeyPatch, speaker: Speaker, *servers: Upstream) -> None:
    """Let every provider be of the speaker's kind, at the server whose port its name ends in."""
    kinds = {
        str(server.port): moved(
            KINDS[speaker.kind], f"http://127.0.0.1:{server.port}", speaker.format
        )
        for server in servers
    }
    monkeypatch.setattr("providers.models.provider.stored_kind", lambda slug: kinds[slug])


def speaking_provider(project: Project, speaker: Speaker, server: Upstream) -> Provider:
    """Make a provider whose only model answers in the speaker's format, at a dollar and two."""
    port = str(server.port)
    secret = factories.make_secret(project, kind=port, values={"api_key": KEY})
    made = factories.make_provider(
        project, name=f"Near {port}", kind=port, secret=secret, models=["upstream-model"]
    )
    kind = "embedding" if speaker.format is Format.EMBEDDINGS else "chat"
    made.models.update(input_price="1", output_price="2", kind=kind)
    return made


def make_active(project: Project, provider: Provider) -> None:
    routing_of(project).set_active(provider.default_model)
