"""What Anthropic's clients send and expect: messages, errors, the list of models."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

from gateway.formats.asking import Asked, Json, Offer, model_in, object_of, streams
from providers.kinds.vocabulary import Format

#: https://docs.anthropic.com/en/api/errors
_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
_FIRST_SERVER_STATUS: Final = 500


@dataclass(frozen=True, slots=True)
class AnthropicForm:
    formats: frozenset[Format] = frozenset({Format.MESSAGES})
    id_header: str = "request-id"

    def error_body(
        self,
        message: str,
        *,
        status: int,
        code: str,
        param: str | None = None,  # noqa: ARG002 - the sentence names the field
    ) -> bytes:
        usual = "api_error" if status >= _FIRST_SERVER_STATUS else "invalid_request_error"
        said = {"type": _TYPES.get(status, usual), "message": message, "code": code}
        return orjson.dumps({"type": "error", "error": said})

    def is_error(self, content: Json) -> bool:
        error = content.get("error")
        return content.get("type") == "error" and isinstance(error, dict) and "type" in error

    def error_event(self, message: str, *, code: str) -> bytes:
        body = self.error_body(message, status=_FIRST_SERVER_STATUS, code=code)
        return b"event: error\ndata: " + body + b"\n\n"

    def model_list(self, offers: Iterable[Offer]) -> bytes:
        rows = [_model(offer) for offer in offers]
        ends = {"first_id": rows[0]["id"], "last_id": rows[-1]["id"]} if rows else {}
        nowhere = {"first_id": None, "last_id": None}
        return orjson.dumps({"data": rows, "has_more": False} | (ends or nowhere))

    def model(self, offer: Offer) -> bytes:
        return orjson.dumps(_model(offer))


FORM: Final = AnthropicForm()


def read_messages(body: bytes) -> Asked:
    """Decode a request for a message; raises BadRequest that names the field."""
    fields = object_of(body)
    return Asked(Format.MESSAGES, fields, model_in(fields), streams=streams(fields))


def read_count(body: bytes) -> Asked:
    fields = object_of(body)
    return Asked(Format.MESSAGES, fields, model_in(fields), counts_tokens=True)


def _model(offer: Offer) -> dict[str, object]:
    made = datetime.fromtimestamp(offer.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": "model", "id": offer.name, "display_name": offer.name, "created_at": made}
