"""Anthropic Messages for Anthropic's own program: a body becomes a prompt, its result an answer.

Pure: what the program is and how it is run is the business of claude_program.py. The program
takes one question in text, so everything else of the format is refused by name. It sets the
limit of its answer itself: `max_tokens`, which the format demands, is not for it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from providers.kinds.dialects import reading
from providers.kinds.vocabulary import Answer

_TAKEN: Final = {"model", "messages", "max_tokens", "system", "stream", "metadata"}
_MODEL_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,119}(?:\[1m\])?")
_ELSEWHERE: Final = re.compile(
    r"@(?:[\"'`(\[{<]+\s*)?(?:[/\\~$]|[A-Za-z]:[/\\]|file:)", re.IGNORECASE
)
_ABOVE: Final = re.compile(r"(?:^|[@/\\\"'`(\[{<])\.\.(?:[/\\\"'`)\]}>]|$)")
_QUOTED: Final = re.compile(r"@[\"'`][^\"'`]*.?")
_LOGIN_WORDS: Final = re.compile(r"not logged in|/login|authenticat|oauth token", re.IGNORECASE)
_LIMIT_WORDS: Final = re.compile(r"(?:usage|rate) limit|hit your .{0,20}limit", re.IGNORECASE)
_NETWORK_WORDS: Final = re.compile(r"unable to connect|connection error", re.IGNORECASE)
_ERROR_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class PromptRefused(ValueError):
    """The program can't be asked this; the message names what it does not take."""


class NoResult(ValueError):
    """What the program wrote is not the result that it promises."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question, complete: nothing of it but the model's id is part of a command line."""

    model: str
    text: str = field(repr=False)
    system: str = field(repr=False)


def prompt_of(body: bytes) -> Prompt:
    """Read a Messages body; raises PromptRefused."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        asked = None
    if not isinstance(asked, dict):
        raise PromptRefused("The body must be a JSON object, as Anthropic messages are.")
    others = sorted(asked.keys() - _TAKEN)
    if others:
        raise PromptRefused(f"Claude CLI does not take “{others[0]}”. Leave it out.")
    if asked.get("stream"):
        raise PromptRefused("Claude CLI answers as a whole: leave “stream” out.")
    model = reading.text(asked, "model")
    if not _MODEL_ID.fullmatch(model):
        raise PromptRefused("The model's id may have letters, digits and . _ : @ / - alone.")
    system = _text(asked.get("system", ""), "system")
    return Prompt(model, _safe(_question(asked)), system)


def answer_of(output: bytes) -> Answer:
    """Turn the program's result into the answer that a server of messages would give.

    Raises NoResult where it wrote none.
    """
    result = _result(output)
    words = reading.text(result, "result").strip()
    if result.get("is_error") or reading.text(result, "subtype") != "success":
        return error_answer(_status(result, words), words or "It failed without a word.")
    message = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": words}],
        "stop_reason": reading.text(result, "stop_reason") or "end_turn",
        "usage": dict(_counts(reading.mapping(result, "usage"))),
    }
    return _answer(200, message)


def error_answer(status: int, message: str) -> Answer:
    error = {"type": _ERROR_TYPES.get(status, "api_error"), "message": message}
    return _answer(status, {"type": "error", "error": error})


def _question(asked: reading.Json) -> str:
    messages = reading.objects(asked, "messages")
    if len(messages) != 1 or reading.text(messages[0], "role") != "user":
        raise PromptRefused("Claude CLI takes one message, a user's: send the last one alone.")
    question = _text(messages[0].get("content", ""), "messages")
    if not question.strip():
        raise PromptRefused("The message has no text.")
    return question


def _text(content: object, name: str) -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else [None]
    return "\n\n".join(_block_text(block, name) for block in blocks)


def _block_text(block: object, name: str) -> str:
    text = block.get("text") if isinstance(block, dict) and block.get("type") == "text" else None
    if not isinstance(text, str):
        raise PromptRefused(f"Claude CLI takes text alone: “{name}” has something else.")
    return text


def _safe(question: str) -> str:
    """Keep the program from reading a question as anything but text.

    It reads files that a question names behind an @, where they are on this machine; its folder
    is empty, so paths out of it are what is refused. A slash at the beginning would be a command.
    """
    words = (*question.split(), *_QUOTED.findall(question))
    names = (word.partition("@")[2] for word in words)
    if _ELSEWHERE.search(question) or any(map(_ABOVE.search, names)):
        raise PromptRefused(
            "Claude CLI would read what follows an @ as a file of the server. "
            "Put a space behind each @ that a path follows."
        )
    return f"\n{question}" if question.lstrip().startswith("/") else question


def _result(output: bytes) -> reading.Json:
    try:
        result = orjson.loads(output)
    except orjson.JSONDecodeError as error:
        raise NoResult("not JSON") from error
    if not isinstance(result, dict) or result.get("type") != "result":
        raise NoResult("not a result")
    return result


def _status(result: reading.Json, words: str) -> int:
    """Return the status that the API gave, or the one that its words amount to."""
    status = result.get("api_error_status")
    if isinstance(status, int) and 400 <= status <= 599:  # noqa: PLR2004 - HTTP's own numbers
        return status
    if _LOGIN_WORDS.search(words):
        return 401
    if _LIMIT_WORDS.search(words):
        return 429
    return 503 if _NETWORK_WORDS.search(words) else 500


def _counts(usage: reading.Json) -> Iterator[tuple[str, int]]:
    for name in (
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    ):
        yield name, reading.count(usage, name)


def _answer(status: int, content: Mapping[str, object]) -> Answer:
    return Answer(status, {"content-type": "application/json"}, orjson.dumps(content))
