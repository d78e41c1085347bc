"""What every client family has in common: a request as it was asked, and a form to answer in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import orjson

from gateway.refusals import BadRequest, Refusal
from providers.kinds.vocabulary import Format

Json = Mapping[str, object]


class Asked(NamedTuple):
    """One request as the client made it; `fields` is all of its body, known or not.

    Without `wants_usage` an event that holds usage alone stays here. With `counts_tokens` nobody
    is to answer: the tokens are to be counted.
    """

    format: Format
    fields: Json
    model: str
    streams: bool = False
    wants_usage: bool = True
    counts_tokens: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """One name that a token may write as the model; `created_at` is Unix time."""

    name: str
    owner: str = "axiom"
    created_at: int = 0


class Form(Protocol):
    """How one family of clients is told what the gateway says by itself."""

    @property
    def formats(self) -> frozenset[Format]:
        """What its clients send."""

    @property
    def id_header(self) -> str:
        """Where its clients look for the request's id."""

    def error_body(
        self, message: str, *, status: int, code: str, param: str | None = None
    ) -> bytes: ...

    def is_error(self, content: Json) -> bool:
        """Tell whether a provider's answer is an error in this form already."""

    def error_event(self, message: str, *, code: str) -> bytes:
        """Write the event that ends a broken stream; nothing that looks like an end follows it."""

    def model_list(self, offers: Iterable[Offer]) -> bytes: ...

    def model(self, offer: Offer) -> bytes: ...


def error(form: Form, refusal: Refusal) -> bytes:
    return form.error_body(
        refusal.message, status=refusal.status, code=refusal.code, param=refusal.param
    )


def object_of(body: bytes) -> Json:
    """Decode a request's body; raises BadRequest."""
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as wrong:
        raise BadRequest(f"The body is not valid JSON: {wrong.msg}.") from None
    if not isinstance(fields, dict):
        raise BadRequest("The body must be a JSON object.")
    return fields


def model_in(fields: Json) -> str:
    """Read the name of the model; empty where none is given, which means the default."""
    model = fields.get("model") or ""
    if not isinstance(model, str):
        raise BadRequest("“model” must be a string.", param="model")
    return model.strip()


def streams(fields: Json) -> bool:
    value = fields.get("stream")
    if value is not None and not isinstance(value, bool):
        raise BadRequest("“stream” must be true or false.", param="stream")
    return value is True
