"""Amazon Bedrock's Converse: one format for the models of many vendors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from providers.kinds import headers
from providers.kinds.dialects import reading, smallest, urls
from providers.kinds.dialects.event_stream import FrameSplitter
from providers.kinds.vocabulary import (
    Answer,
    Endpoint,
    Format,
    ModelKind,
    Reply,
    Request,
    Usage,
)

_HAS_USAGE = re.compile(rb'"usage"\s*:\s*\{')


@dataclass(frozen=True, slots=True)
class BedrockConverse:
    """Converse and converse-stream; the model and the streaming flag stand in the URL.

    A model's id may have colons, and may be the ARN of an inference profile with slashes too: it
    is written as one segment of the path. A Bedrock API key goes into its header here; requests
    with an access key are signed later.
    """

    authorize: headers.Authorize = headers.bearer
    path: str = "/model/{model}/converse"
    stream_path: str = "/model/{model}/converse-stream"

    @property
    def format(self) -> Format:
        return Format.CONVERSE

    @property
    def model_kind(self) -> ModelKind:
        return "chat"

    def smallest_request(self, endpoint: Endpoint, model_id: str, *, max_tokens: int) -> Request:
        body = {
            "messages": [{"role": "user", "content": [{"text": smallest.PROMPT}]}],
            "inferenceConfig": {"maxTokens": max_tokens},
        }
        return self.request(endpoint, model_id, body)

    def request(
        self,
        endpoint: Endpoint,
        model_id: str,
        body: bytes | Mapping[str, object],
        *,
        stream: bool = False,
    ) -> Request:
        path = self.stream_path if stream else self.path
        return Request(
            "POST",
            urls.as_given(endpoint.base_url) + path.format(model=urls.segment(model_id)),
            self.authorize(endpoint) | {"content-type": "application/json"},
            body if isinstance(body, bytes) else orjson.dumps(body),
        )

    def read_answer(self, answer: Answer) -> Reply:
        body = reading.object_of(answer)
        message = reading.mapping(reading.mapping(body, "output"), "message")
        if not isinstance(message.get("content"), list):
            raise reading.wrong_shape("“output” with a message, as Converse answers have")
        text = "".join(reading.text(block, "text") for block in reading.objects(message, "content"))
        return Reply(text, self.usage_of(body), is_cut=body.get("stopReason") == "max_tokens")

    def usage_of(self, body: Mapping[str, object]) -> Usage | None:
        """Read the usage on top, or the one of a stream's `metadata` event."""
        usage = reading.mapping(body, "usage")
        if not usage:
            usage = reading.mapping(reading.mapping(body, "metadata"), "usage")
        return _usage(usage) if usage else None

    def usage_of_event(self, payload: bytes) -> Usage | None:
        """Read the usage of a frame's payload, or of its `event`."""
        return self.usage_of(reading.event_of(payload)) if _HAS_USAGE.search(payload) else None

    def splitter(self) -> FrameSplitter:
        """Return what splits a streamed answer: it is no stream of server-sent events."""
        return FrameSplitter()


def _usage(usage: reading.Json) -> Usage:
    """Take the buckets as they are: input leaves the cached tokens out already.

    Reasoning is part of `outputTokens`, and Bedrock does not say how much of it.
    """
    return Usage(
        input_tokens=reading.count(usage, "inputTokens"),
        output_tokens=reading.count(usage, "outputTokens"),
        cache_read_tokens=reading.count(usage, "cacheReadInputTokens"),
        cache_write_tokens=reading.count(usage, "cacheWriteInputTokens"),
    )
