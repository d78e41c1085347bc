"""What OpenAI clients send and expect: requests, errors, the list of models."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from gateway.formats.asking import Asked, Json, Offer, model_in, object_of, streams
from providers.kinds.vocabulary import Format

_TYPES: Final = {429: "rate_limit_error"}
_REQUEST_ERROR: Final = "invalid_request_error"
_SERVER_ERROR: Final = "server_error"
_FIRST_SERVER_STATUS: Final = 500


@dataclass(frozen=True, slots=True)
class OpenAIForm:
    """Chat completions and embeddings."""

    formats: frozenset[Format] = frozenset({Format.CHAT, Format.RESPONSES, Format.EMBEDDINGS})
    id_header: str = "x-request-id"

    def error_body(
        self, message: str, *, status: int, code: str, param: str | None = None
    ) -> bytes:
        kind = _SERVER_ERROR if status >= _FIRST_SERVER_STATUS else _REQUEST_ERROR
        kind = _TYPES.get(status, kind)
        said = {"message": message, "type": kind, "param": param, "code": code}
        return orjson.dumps({"error": said})

    def is_error(self, content: Json) -> bool:
        error = content.get("error")
        return isinstance(error, dict) and isinstance(error.get("message"), str)

    def error_event(self, message: str, *, code: str) -> bytes:
        """Write the error that ends a broken stream; `[DONE]` never follows it."""
        body = self.error_body(message, status=_FIRST_SERVER_STATUS, code=code)
        return b"data: " + body + b"\n\n"

    def model_list(self, offers: Iterable[Offer]) -> bytes:
        return orjson.dumps({"object": "list", "data": [_model(offer) for offer in offers]})

    def model(self, offer: Offer) -> bytes:
        return orjson.dumps(_model(offer))


class ResponsesForm(OpenAIForm):
    """Responses: as the others, but the events of its streams have types."""

    __slots__ = ()

    def error_event(self, message: str, *, code: str) -> bytes:
        said = {"type": "error", "code": code, "message": message, "param": None}
        return b"event: error\ndata: " + orjson.dumps(said) + b"\n\n"


FORM: Final = OpenAIForm()
RESPONSES_FORM: Final = ResponsesForm()


def read_chat(body: bytes) -> Asked:
    """Decode a chat completion's request; raises BadRequest that names the field."""
    fields = object_of(body)
    options = fields.get("stream_options")
    wants_usage = isinstance(options, dict) and options.get("include_usage") is True
    return Asked(
        Format.CHAT, fields, model_in(fields), streams=streams(fields), wants_usage=wants_usage
    )


def read_responses(body: bytes) -> Asked:
    fields = object_of(body)
    return Asked(Format.RESPONSES, fields, model_in(fields), streams=streams(fields))


def read_embeddings(body: bytes) -> Asked:
    fields = object_of(body)
    return Asked(Format.EMBEDDINGS, fields, model_in(fields))


def _model(offer: Offer) -> dict[str, object]:
    return {
        "id": offer.name,
        "object": "model",
        "created": offer.created_at,
        "owned_by": offer.owner,
    }
