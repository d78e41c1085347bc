"""What Gemini's clients send and expect: the model and what to do with it stand in the path."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote

import orjson

from gateway.formats.asking import Asked, Json, Offer, object_of
from gateway.refusals import BadRequest
from providers.kinds.vocabulary import Format

#: https://cloud.google.com/apis/design/errors#error_codes
_STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_FIRST_SERVER_STATUS: Final = 500
_REASON: Final = "type.googleapis.com/google.rpc.ErrorInfo"
_METHODS: Final = ["generateContent", "streamGenerateContent", "countTokens"]
_CALL: Final = re.compile(r"/v1(?:beta)?/models/(?P<model>.+):(?P<method>[A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class GoogleForm:
    formats: frozenset[Format] = frozenset({Format.GEMINI})
    id_header: str = "x-request-id"

    def error_body(
        self,
        message: str,
        *,
        status: int,
        code: str,
        param: str | None = None,  # noqa: ARG002 - the sentence names the field
    ) -> bytes:
        reason = {"@type": _REASON, "reason": code.upper(), "domain": "axiom"}
        said = {
            "code": status,
            "message": message,
            "status": _STATUSES.get(status, "UNKNOWN"),
            "details": [reason],
        }
        return orjson.dumps({"error": said})

    def is_error(self, content: Json) -> bool:
        error = content.get("error")
        return isinstance(error, dict) and {"code", "message", "status"} <= error.keys()

    def error_event(self, message: str, *, code: str) -> bytes:
        body = self.error_body(message, status=_FIRST_SERVER_STATUS, code=code)
        return b"data: " + body + b"\r\n\r\n"

    def model_list(self, offers: Iterable[Offer]) -> bytes:
        return orjson.dumps({"models": [_model(offer) for offer in offers]})

    def model(self, offer: Offer) -> bytes:
        return orjson.dumps(_model(offer))


FORM: Final = GoogleForm()


@dataclass(frozen=True, slots=True)
class GeminiCall:
    """What a path asks for; as a function it reads the body to it."""

    model: str
    method: str
    has_events: bool

    def __call__(self, body: bytes) -> Asked:
        """Decode a request; raises BadRequest."""
        fields = object_of(body)
        streams = self.method == "streamGenerateContent"
        if streams and not self.has_events:
            raise BadRequest("Streams are sent as events here. Ask with “?alt=sse”.", param="alt")
        counts = self.method == "countTokens"
        return Asked(Format.GEMINI, fields, self.model, streams=streams, counts_tokens=counts)


def call_in(path: str, query: str) -> GeminiCall | None:
    """Read a path such as `/v1beta/models/MODEL:generateContent`; None for every other one."""
    found = _CALL.fullmatch(path)
    if found is None or found["method"] not in _METHODS:
        return None
    has_events = parse_qs(query).get("alt") == ["sse"]
    return GeminiCall(unquote(found["model"]).strip(), found["method"], has_events)


def _model(offer: Offer) -> dict[str, object]:
    return {
        "name": f"models/{offer.name}",
        "displayName": offer.name,
        "supportedGenerationMethods": _METHODS,
    }
