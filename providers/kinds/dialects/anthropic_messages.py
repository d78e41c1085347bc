"""Anthropic Messages: Claude's own format, spoken by several others beside it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from providers.kinds import headers
from providers.kinds.dialects import reading, smallest, urls
from providers.kinds.vocabulary import (
    Answer,
    Endpoint,
    Format,
    ModelKind,
    Reply,
    Request,
    Usage,
)

VERSION = "2023-06-01"

_HAS_USAGE = re.compile(rb'"usage"\s*:\s*\{')


@dataclass(frozen=True, slots=True)
class AnthropicMessages:
    """Messages as one vendor takes them; the base URL may or may not end in `/v1`."""

    authorize: headers.Authorize = headers.x_api_key
    place: urls.Place = urls.without_v1
    path: str = "/v1/messages"

    @property
    def format(self) -> Format:
        return Format.MESSAGES

    @property
    def model_kind(self) -> ModelKind:
        return "chat"

    def smallest_request(self, endpoint: Endpoint, model_id: str, *, max_tokens: int) -> Request:
        messages = [{"role": "user", "content": smallest.PROMPT}]
        return self.request(endpoint, model_id, {"messages": messages, "max_tokens": max_tokens})

    def request(
        self,
        endpoint: Endpoint,
        model_id: str,
        body: bytes | Mapping[str, object],
        *,
        stream: bool = False,
    ) -> Request:
        if not isinstance(body, bytes):
            body = orjson.dumps({**body, "model": model_id, "stream": stream})
        return self._call(endpoint, self.path, body)

    def count_request(
        self, endpoint: Endpoint, model_id: str, body: Mapping[str, object]
    ) -> Request:
        asked = {name: value for name, value in body.items() if name != "stream"}
        return self._call(
            endpoint, f"{self.path}/count_tokens", orjson.dumps(asked | {"model": model_id})
        )

    def _call(self, endpoint: Endpoint, path: str, body: bytes) -> Request:
        return Request(
            "POST",
            self.place(endpoint.base_url) + path,
            {"anthropic-version": VERSION}
            | self.authorize(endpoint)
            | {"content-type": "application/json"},
            body,
        )

    def read_answer(self, answer: Answer) -> Reply:
        body = reading.object_of(answer)
        if not isinstance(body.get("content"), list):
            raise reading.wrong_shape("“content” list, as Anthropic messages have")
        text = "".join(reading.text(block, "text") for block in reading.objects(body, "content"))
        return Reply(text, self.usage_of(body), is_cut=body.get("stop_reason") == "max_tokens")

    def usage_of(self, body: Mapping[str, object]) -> Usage | None:
        """Read the usage on top, or the one that a stream's first event wraps in a message."""
        usage = reading.mapping(body, "usage")
        if not usage:
            usage = reading.mapping(reading.mapping(body, "message"), "usage")
        return _usage(usage) if usage else None

    def usage_of_event(self, payload: bytes) -> Usage | None:
        return self.usage_of(reading.event_of(payload)) if _HAS_USAGE.search(payload) else None


def _usage(usage: reading.Json) -> Usage:
    """Take the buckets as they are: input leaves the cached tokens out already.

    Thinking is part of `output_tokens`; newer models say how much of it.
    """
    output = reading.count(usage, "output_tokens")
    details = reading.mapping(usage, "output_tokens_details")
    thinking = min(reading.count(details, "thinking_tokens"), output)
    return Usage(
        input_tokens=reading.count(usage, "input_tokens"),
        output_tokens=output - thinking,
        cache_read_tokens=reading.count(usage, "cache_read_input_tokens"),
        cache_write_tokens=reading.count(usage, "cache_creation_input_tokens"),
        reasoning_tokens=thinking,
    )
