"""A plain conversation in each format: how it is asked for as a stream, and what the events say.

Pure. For the playground and cronjobs: whoever reads along sees texts, whatever the provider speaks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import quote

import orjson

from gateway.formats.asking import Json
from gateway.streaming import error_in
from providers.kinds.provider_words import words_of
from providers.kinds.vocabulary import Answer, Format

_WORDLESS: Final = "The stream ended with an error that has no words."
MOST_TOKENS: Final = 8_192  # Anthropic's format wants a bound; every current model gives as many


class Speaker(StrEnum):
    """Whose words they are."""

    USER = "user"
    ASSISTANT = "assistant"


class Said(NamedTuple):
    """One turn of a conversation."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked: a model's name, what it should keep in mind, and all that was said so far."""

    model: str
    said: Sequence[Said]
    system: str = ""


class Asking(NamedTuple):
    """Where a conversation is sent, under the gateway's address, and the body."""

    path: str
    body: bytes


class Heard(NamedTuple):
    """What one event says: a piece of the answer, or what went wrong."""

    text: str = ""
    failure: str = ""


def asking(wire_format: Format, conversation: Conversation) -> Asking:
    """Write a conversation in a format; raises KeyError for one that holds no conversations."""
    path, fields = _WRITERS[wire_format](conversation)
    return Asking(path, orjson.dumps(fields))


def heard(wire_format: Format, payload: bytes) -> Heard:
    """Read one event of a stream; what is neither text nor failure says nothing."""
    try:
        event = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return Heard()  # the end of a stream of chat completions is no JSON
    if not isinstance(event, dict):
        return Heard()
    failure = _failure(event)
    return Heard(failure=failure) if failure else Heard("".join(_READERS[wire_format](event)))


def _chat(conversation: Conversation) -> tuple[str, Json]:
    first = [{"role": "system", "content": conversation.system}] if conversation.system else []
    messages = first + _messages(conversation)
    return "/v1/chat/completions", {
        "model": conversation.model,
        "messages": messages,
        "stream": True,
    }


def _responses(conversation: Conversation) -> tuple[str, Json]:
    fields = {
        "model": conversation.model,
        "input": _messages(conversation),
        "stream": True,
        "store": False,
    }
    if conversation.system:
        fields["instructions"] = conversation.system
    return "/v1/responses", fields


def _anthropic(conversation: Conversation) -> tuple[str, Json]:
    fields = {
        "model": conversation.model,
        "messages": _messages(conversation),
        "max_tokens": MOST_TOKENS,
        "stream": True,
    }
    if conversation.system:
        fields["system"] = conversation.system
    return "/v1/messages", fields


def _gemini(conversation: Conversation) -> tuple[str, Json]:
    roles = {Speaker.USER: "user", Speaker.ASSISTANT: "model"}
    fields: dict[str, object] = {
        "contents": [
            {"role": roles[said.speaker], "parts": [{"text": said.text}]}
            for said in conversation.said
        ]
    }
    if conversation.system:
        fields["systemInstruction"] = {"parts": [{"text": conversation.system}]}
    model = quote(conversation.model or "default", safe="")
    return f"/v1beta/models/{model}:streamGenerateContent?alt=sse", fields


def _messages(conversation: Conversation) -> list[dict[str, str]]:
    return [{"role": said.speaker.value, "content": said.text} for said in conversation.said]


_WRITERS: Final[Mapping[Format, Callable[[Conversation], tuple[str, Json]]]] = MappingProxyType(
    {
        Format.CHAT: _chat,
        Format.MESSAGES: _anthropic,
        Format.RESPONSES: _responses,
        Format.GEMINI: _gemini,
    }
)
CONVERSING: Final = tuple(_WRITERS)  # the formats that hold a conversation, the usual first


def _chat_texts(event: Json) -> Iterable[str]:
    for choice in _objects(event.get("choices")):
        yield from _texts(choice.get("delta"), "content")


def _anthropic_texts(event: Json) -> Iterable[str]:
    return _texts(event.get("delta"), "text")


def _responses_texts(event: Json) -> Iterable[str]:
    return _texts(event, "delta") if event.get("type") == "response.output_text.delta" else ()


def _gemini_texts(event: Json) -> Iterable[str]:
    for candidate in _objects(event.get("candidates")):
        content = candidate.get("content")
        for part in _objects(content.get("parts") if isinstance(content, dict) else None):
            if not part.get("thought"):
                yield from _texts(part, "text")


_READERS: Final[Mapping[Format, Callable[[Json], Iterable[str]]]] = MappingProxyType(
    {
        Format.CHAT: _chat_texts,
        Format.MESSAGES: _anthropic_texts,
        Format.RESPONSES: _responses_texts,
        Format.GEMINI: _gemini_texts,
    }
)


def _failure(event: Json) -> str:
    error = error_in(event)
    return (words_of(Answer(0, {}, orjson.dumps(error))) or _WORDLESS) if error else ""


def _texts(holder: object, name: str) -> Iterable[str]:
    text = holder.get(name) if isinstance(holder, dict) else None
    return [text] if isinstance(text, str) else []


def _objects(value: object) -> Iterable[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
