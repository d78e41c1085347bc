"""OpenAI chat completions: the format that most of the world answers in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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

LimitName = Literal["max_tokens", "max_completion_tokens"]


@dataclass(frozen=True, slots=True)
class OpenAIChat:
    """Chat completions as one vendor takes them.

    `limit_name` is what it calls the token limit. `takes_stream_options` is false for servers
    that refuse the field and report usage in the last chunk unasked.
    """

    authorize: headers.Authorize = headers.bearer
    address: urls.Address = urls.under_base
    limit_name: LimitName = "max_tokens"
    takes_stream_options: bool = True
    path: str = "/chat/completions"

    @property
    def format(self) -> Format:
        return Format.CHAT

    @property
    def model_kind(self) -> ModelKind:
        return "chat"

    def smallest_request(self, endpoint: Endpoint, model_id: str, *, max_tokens: int) -> Request:
        messages = [{"role": "user", "content": smallest.PROMPT}]
        return self.request(endpoint, model_id, {"messages": messages, self.limit_name: max_tokens})

    def request(
        self,
        endpoint: Endpoint,
        model_id: str,
        body: bytes | Mapping[str, object],
        *,
        stream: bool = False,
    ) -> Request:
        if not isinstance(body, bytes):
            body = orjson.dumps(self._prepared(body, model_id, stream=stream))
        return Request(
            "POST",
            self.address(endpoint, self.path, model_id),
            self.authorize(endpoint) | {"content-type": "application/json"},
            body,
        )

    def _prepared(
        self, body: Mapping[str, object], model_id: str, *, stream: bool
    ) -> dict[str, object]:
        prepared = {**body, "model": model_id}
        options = prepared.pop("stream_options", None)
        prepared.pop("stream", None)
        if stream:
            prepared["stream"] = True
        if stream and self.takes_stream_options:
            asked = options if isinstance(options, Mapping) else {}
            prepared["stream_options"] = {**asked, "include_usage": True}
        return prepared

    def read_answer(self, answer: Answer) -> Reply:
        body = reading.object_of(answer)
        choices = reading.objects(body, "choices")
        if not choices or "message" not in choices[0]:
            raise reading.wrong_shape("“choices” with a message, as chat completions have")
        said = _text(reading.mapping(choices[0], "message"))
        ended_by = choices[0].get("finish_reason")
        if not said and ended_by == "content_filter":
            raise reading.withheld()
        return Reply(said, self.usage_of(body), is_cut=ended_by == "length")

    def usage_of(self, body: Mapping[str, object]) -> Usage | None:
        return openai_usage.usage_of(body)

    def usage_of_event(self, payload: bytes) -> Usage | None:
        return openai_usage.usage_of_event(payload)


def _text(message: reading.Json) -> str:
    """Join the text: a string at most vendors, a list of parts where models reason aloud."""
    parts = (reading.text(part, "text") for part in reading.objects(message, "content"))
    return reading.text(message, "content") or "".join(parts)
