"""Which path takes which format, and in whose form its clients are answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.formats import anthropic, google, openai
from gateway.formats.asking import Asked, Form
from providers.kinds.vocabulary import Format

MODELS: Final = "/v1/models"
GEMINI_MODELS: Final = "/v1beta/models"


@dataclass(frozen=True, slots=True)
class Entrance:
    """One way to ask a model: `read` decodes a body, and raises BadRequest."""

    format: Format
    form: Form
    read: Callable[[bytes], Asked]


ENTRANCES: Final[Mapping[str, Entrance]] = {
    "/v1/chat/completions": Entrance(Format.CHAT, openai.FORM, openai.read_chat),
    "/v1/responses": Entrance(Format.RESPONSES, openai.RESPONSES_FORM, openai.read_responses),
    "/v1/embeddings": Entrance(Format.EMBEDDINGS, openai.FORM, openai.read_embeddings),
    "/v1/messages": Entrance(Format.MESSAGES, anthropic.FORM, anthropic.read_messages),
    "/v1/messages/count_tokens": Entrance(Format.MESSAGES, anthropic.FORM, anthropic.read_count),
}
GEMINI_CALLS: Final = f"{GEMINI_MODELS}/{{model}}:{{generateContent,…}}"


def entrance_at(path: str, query: str) -> Entrance | None:
    """Find the way to ask that a path is; None where it is none."""
    known = ENTRANCES.get(path)
    if known is not None:
        return known
    call = google.call_in(path, query)
    return Entrance(Format.GEMINI, google.FORM, call) if call else None


def form_for(path: str, headers: Mapping[str, str]) -> Form:
    """Tell whose client asks: by the path, and where all ask at one path by what it sends along."""
    known = ENTRANCES.get(path)
    if known is not None:
        return known.form
    if path.startswith(GEMINI_MODELS):
        return google.FORM
    if path.startswith("/v1/messages") or headers.get("anthropic-version"):
        return anthropic.FORM
    if path.startswith(MODELS) and headers.get("x-goog-api-key"):
        return google.FORM
    return openai.FORM
