"""Anthropic Messages as Google's Vertex AI takes them: Claude's format at Google's addresses."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from providers.kinds import headers
from providers.kinds.dialects import urls
from providers.kinds.dialects.anthropic_messages import AnthropicMessages
from providers.kinds.vocabulary import Endpoint, Request

VERSION = "vertex-2023-10-16"
COUNTER = "/publishers/anthropic/models/count-tokens:rawPredict"


@dataclass(frozen=True, slots=True)
class VertexMessages(AnthropicMessages):
    """The model stands in the URL and not in the body; the version in the body, not in a header."""

    authorize: headers.Authorize = headers.nothing
    place: urls.Place = urls.as_given
    path: str = "/publishers/anthropic/models/{model}:rawPredict"
    stream_path: str = "/publishers/anthropic/models/{model}:streamRawPredict"

    def request(
        self,
        endpoint: Endpoint,
        model_id: str,
        body: bytes | Mapping[str, object],
        *,
        stream: bool = False,
    ) -> Request:
        if not isinstance(body, bytes):
            sent = {name: value for name, value in body.items() if name != "model"}
            body = orjson.dumps(sent | {"anthropic_version": VERSION, "stream": stream})
        path = self.stream_path if stream else self.path
        return self._call(endpoint, path.format(model=urls.segment(model_id)), body)

    def count_request(
        self, endpoint: Endpoint, model_id: str, body: Mapping[str, object]
    ) -> Request:
        """Build the call to Google's own counter, which wants the model in the body after all."""
        asked = {name: value for name, value in body.items() if name != "stream"}
        asked |= {"model": model_id, "anthropic_version": VERSION}
        return self._call(endpoint, COUNTER, orjson.dumps(asked))

    def _call(self, endpoint: Endpoint, path: str, body: bytes) -> Request:
        return Request(
            "POST",
            self.place(endpoint.base_url) + path,
            self.authorize(endpoint) | {"content-type": "application/json"},
            body,
        )
