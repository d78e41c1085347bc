"""Google's Gemini: generateContent, and embedContent for its embedding models."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

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

_HAS_USAGE = re.compile(rb'"usageMetadata"\s*:\s*\{')


@dataclass(frozen=True, slots=True)
class Gemini:
    """Answers of Gemini models; the model and the streaming flag stand in the URL."""

    authorize: headers.Authorize = headers.x_goog_api_key
    place: urls.Place = urls.as_given
    path: str = "/models/{model}:generateContent"
    stream_path: str = "/models/{model}:streamGenerateContent?alt=sse"

    @property
    def format(self) -> Format:
        return Format.GEMINI

    @property
    def model_kind(self) -> ModelKind:
        return "chat"

    def smallest_request(self, endpoint: Endpoint, model_id: str, *, max_tokens: int) -> Request:
        body = {
            "contents": [{"role": "user", "parts": [{"text": smallest.PROMPT}]}],
            "generationConfig": {"maxOutputTokens": max_tokens},
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
            self.place(endpoint.base_url) + _with_model(path, model_id),
            self.authorize(endpoint) | {"content-type": "application/json"},
            body if isinstance(body, bytes) else orjson.dumps(body),
        )

    def count_request(
        self, endpoint: Endpoint, model_id: str, body: Mapping[str, object]
    ) -> Request:
        return replace(self, path=self.path.replace(":generateContent", ":countTokens")).request(
            endpoint, model_id, body
        )

    def read_answer(self, answer: Answer) -> Reply:
        body = reading.object_of(answer)
        blocked = reading.text(reading.mapping(body, "promptFeedback"), "blockReason")
        if blocked:
            raise reading.Withheld(
                f"Gemini blocked the test prompt ({blocked}). Key and model work: look at the "
                "safety settings there."
            )
        candidates = reading.objects(body, "candidates")
        if not candidates:
            raise reading.wrong_shape("“candidates”, as Gemini answers have")
        parts = reading.objects(reading.mapping(candidates[0], "content"), "parts")
        spoken = (reading.text(part, "text") for part in parts if not part.get("thought"))
        is_cut = candidates[0].get("finishReason") == "MAX_TOKENS"
        return Reply("".join(spoken), self.usage_of(body), is_cut=is_cut)

    def usage_of(self, body: Mapping[str, object]) -> Usage | None:
        usage = reading.mapping(body, "usageMetadata")
        return _usage(usage) if usage else None

    def usage_of_event(self, payload: bytes) -> Usage | None:
        return self.usage_of(reading.event_of(payload)) if _HAS_USAGE.search(payload) else None


@dataclass(frozen=True, slots=True)
class GeminiEmbeddings(Gemini):
    """Vectors of Gemini's embedding models; nothing streams, and usage is seldom told."""

    path: str = "/models/{model}:embedContent"
    stream_path: str = "/models/{model}:embedContent"

    @property
    def model_kind(self) -> ModelKind:
        return "embedding"

    def smallest_request(
        self,
        endpoint: Endpoint,
        model_id: str,
        *,
        max_tokens: int,  # noqa: ARG002 - a vector has no length to limit
    ) -> Request:
        body = {"content": {"parts": [{"text": smallest.EMBEDDED_TEXT}]}}
        return self.request(endpoint, model_id, body)

    def read_answer(self, answer: Answer) -> Reply:
        body = reading.object_of(answer)
        if not reading.items(reading.mapping(body, "embedding"), "values"):
            raise reading.wrong_shape("“embedding” with values")
        return Reply("", self.usage_of(body))


def _with_model(path: str, model_id: str) -> str:
    return path.format(model=urls.segment(model_id.removeprefix("models/")))


def _usage(usage: reading.Json) -> Usage:
    """Take cached tokens out of the prompt; thoughts are counted beside the candidates."""
    prompt = reading.count(usage, "promptTokenCount") + reading.count(
        usage, "toolUsePromptTokenCount"
    )
    cached = min(reading.count(usage, "cachedContentTokenCount"), prompt)
    return Usage(
        input_tokens=prompt - cached,
        output_tokens=reading.count(usage, "candidatesTokenCount"),
        cache_read_tokens=cached,
        reasoning_tokens=reading.count(usage, "thoughtsTokenCount"),
    )
