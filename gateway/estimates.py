"""How many tokens a call may have used, where its provider does not say.

Such a line of the ledger is marked as estimated.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from foundation.tokens import tokens_in
from gateway.formats.asking import Asked
from gateway.routes import Need
from providers.kinds.vocabulary import Format, Usage

_PROMPT_FIELDS: Final = (
    "messages",
    "input",
    "instructions",
    "prompt",
    "system",
    "contents",
    "systemInstruction",
    "tools",
    "functions",
)
_OUTPUTS: Final = (
    *("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens"),
)
_ANSWERS: Final = ("n", "candidateCount")
_UNKNOWN_OUTPUT: Final = 8_192  # tokens of an answer whose model states no most


def estimated(request: Mapping[str, object], *, answer_characters: int) -> Usage:
    """Estimate the prompt from the request's texts, the answer from its length."""
    prompt = sum(_characters(request.get(name)) for name in _PROMPT_FIELDS)
    return Usage(input_tokens=tokens_in(prompt), output_tokens=tokens_in(answer_characters))


def need_of(asked: Asked, body_bytes: int) -> Need:
    """Say what a request needs; its tokens are counted only where they may be too many."""
    count = partial(prompt_tokens, asked.fields)
    return Need(asked.format, tokens_in(body_bytes), count)


def prompt_tokens(request: Mapping[str, object]) -> int:
    return estimated(request, answer_characters=0).input_tokens


def most_output_tokens(asked: Asked, most_of_model: int | None) -> int:
    """Say how many tokens an answer may have: as the client asked, at most what the model gives."""
    if asked.format is Format.EMBEDDINGS:
        return 0
    inside = asked.fields.get("generationConfig")
    places = (asked.fields, inside) if isinstance(inside, dict) else (asked.fields,)
    wanted = max((_whole(place.get(name)) for place in places for name in _OUTPUTS), default=0)
    answers = max(_whole(place.get(name)) for place in places for name in _ANSWERS)
    most = most_of_model or _UNKNOWN_OUTPUT
    one = min(wanted, most_of_model or wanted) if wanted else most
    return one * max(1, answers)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return max(0, value)


def _characters(value: object) -> int:
    """Count the texts in a decoded JSON value, without names of fields and embedded files."""
    count = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            count += 0 if item.startswith("data:") else len(item)
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
    return count
