"""OpenAI embeddings."""

from collections.abc import Mapping
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


@dataclass(frozen=True, slots=True)
class OpenAIEmbeddings:
    """One text in, one vector out; there is no stream and no token limit."""

    authorize: headers.Authorize = headers.bearer
    address: urls.Address = urls.under_base
    path: str = "/embeddings"

    @property
    def format(self) -> Format:
        return Format.EMBEDDINGS

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
        return self.request(endpoint, model_id, {"input": smallest.EMBEDDED_TEXT})

    def request(
        self,
        endpoint: Endpoint,
        model_id: str,
        body: bytes | Mapping[str, object],
        *,
        stream: bool = False,  # noqa: ARG002 - embeddings do not stream
    ) -> Request:
        if not isinstance(body, bytes):
            body = orjson.dumps({**body, "model": model_id})
        return Request(
            "POST",
            self.address(endpoint, self.path, model_id),
            self.authorize(endpoint) | {"content-type": "application/json"},
            body,
        )

    def read_answer(self, answer: Answer) -> Reply:
        body = reading.object_of(answer)
        vectors = reading.objects(body, "data")
        if not vectors or not vectors[0].get("embedding"):
            raise reading.wrong_shape("“data” with an embedding")
        return Reply("", self.usage_of(body))

    def usage_of(self, body: Mapping[str, object]) -> Usage | None:
        return openai_usage.usage_of(body)

    def usage_of_event(self, payload: bytes) -> Usage | None:
        return openai_usage.usage_of_event(payload)
