"""OpenAI responses: items instead of messages, and one typed event for each step of a stream."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from providers.kinds import headers
from providers.kinds.dialects import openai_usage, reading, smallest, urls
from providers.kinds.vocabulary import (
    Answer,
    Endpoint,
    Format,
    ModelKind,
    Reply,
    Request,
    Usage,
)

# The first events carry `"usage":null`: most are passed over without being decoded.
_HAS_USAGE = re.compile(rb'"usage"\s*:\s*\{')


@dataclass(frozen=True, slots=True)
class OpenAIResponses:
    """Responses as one vendor takes them; a test asks that nothing of it be stored."""

    authorize: headers.Authorize = headers.bearer
    address: urls.Address = urls.under_base
    path: str = "/responses"

    @property
    def format(self) -> Format:
        return Format.RESPONSES

    @property
    def model_kind(self) -> ModelKind:
        return "chat"

    def smallest_request(self, endpoint: Endpoint, model_id: str, *, max_tokens: int) -> Request:
        body = {"input": smallest.PROMPT, "max_output_tokens": max_tokens, "store": False}
        return self.request(endpoint, model_id, body)

    def request(
        self,
        endpoint: Endpoint,
        model_id: str,
        body: bytes | Mapping[str, object],
        *,
        stream: bool = False,
    ) -> Request:
        if not isinstance(body, bytes):
            body = orjson.dumps(_prepared(body, model_id, stream=stream))
        return Request(
            "POST",
            self.address(endpoint, self.path, model_id),
            self.authorize(endpoint) | {"content-type": "application/json"},
            body,
        )

    def read_answer(self, answer: Answer) -> Reply:
        body = reading.object_of(answer)
        if not isinstance(body.get("output"), list):
            raise reading.wrong_shape("“output” list, as responses have")
        said = "".join(_texts(body))
        ended_by = reading.mapping(body, "incomplete_details").get("reason")
        if not said and ended_by == "content_filter":
            raise reading.withheld()
        return Reply(said, self.usage_of(body), is_cut=ended_by == "max_output_tokens")

    def usage_of(self, body: Mapping[str, object]) -> Usage | None:
        """Read the usage on top, or in the response that a stream's last event wraps."""
        usage = reading.mapping(body, "usage")
        if not usage:
            usage = reading.mapping(reading.mapping(body, "response"), "usage")
        return _usage(usage) if usage else None

    def usage_of_event(self, payload: bytes) -> Usage | None:
        return self.usage_of(reading.event_of(payload)) if _HAS_USAGE.search(payload) else None


def _prepared(body: Mapping[str, object], model_id: str, *, stream: bool) -> dict[str, object]:
    prepared = {**body, "model": model_id}
    prepared.pop("stream", None)
    if stream:
        prepared["stream"] = True
    else:
        prepared.pop("stream_options", None)
    return prepared


def _texts(body: reading.Json) -> Iterator[str]:
    """Walk through what was said; reasoning and calls of tools are items of their own."""
    for item in reading.objects(body, "output"):
        for part in reading.objects(item, "content"):
            if part.get("type") == "output_text":
                yield reading.text(part, "text")


def _usage(usage: reading.Json) -> Usage:
    sent = reading.mapping(usage, "input_tokens_details")
    return openai_usage.counted(
        prompt=reading.count(usage, "input_tokens"),
        cache_read=reading.count(sent, "cached_tokens"),
        cache_write=reading.count(sent, "cache_write_tokens"),
        completion=reading.count(usage, "output_tokens"),
        reasoning=reading.count(
            reading.mapping(usage, "output_tokens_details"), "reasoning_tokens"
        ),
        total=reading.count(usage, "total_tokens"),
    )
