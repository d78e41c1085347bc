"""The usage block of everything that speaks like OpenAI, and its dialects of the dialect."""

import re

from providers.kinds.dialects.reading import Json, count, event_of, mapping, objects
from providers.kinds.vocabulary import Usage

# Chunks carry `"usage":null` until the last one: most are passed over without being decoded.
_FINER = frozenset(
    {
        "prompt_tokens_details",
        "completion_tokens_details",
        "reasoning_tokens",
        "prompt_cache_hit_tokens",
        "cached_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    }
)
_HAS_USAGE = re.compile(rb'"usage"\s*:\s*\{')


def usage_of(body: Json) -> Usage | None:
    """Read usage where it stands: on top, under Groq's `x_groq`, or in Moonshot's choice."""
    on_top = mapping(body, "usage")
    if on_top:
        return _usage(on_top)
    for place in (mapping(body, "x_groq"), *objects(body, "choices")):
        usage = mapping(place, "usage")
        if usage:
            return _usage(usage)
    return None


def usage_of_event(payload: bytes) -> Usage | None:
    return usage_of(event_of(payload)) if _HAS_USAGE.search(payload) else None


def counted(
    *,
    prompt: int,
    completion: int,
    total: int,
    cache_read: int = 0,
    cache_write: int = 0,
    reasoning: int = 0,
) -> Usage:
    """Sort counts that overlap into buckets that do not; no part is larger than its whole.

    OpenAI counts reasoning within the completion; xAI, and Gemini behind its compatible
    address, count it beside, which only the total gives away.
    """
    cache_read = min(cache_read, prompt)
    cache_write = min(cache_write, prompt - cache_read)
    beside = total - prompt - completion
    within = 0 if beside > 0 else min(reasoning, completion)
    return Usage(
        input_tokens=prompt - cache_read - cache_write,
        output_tokens=completion - within,
        cache_read_tokens=cache_read,
        cache_write_tokens=cache_write,
        reasoning_tokens=max(beside, within),
    )


def _usage(usage: Json) -> Usage:
    total = count(usage, "total_tokens")
    if usage.keys().isdisjoint(_FINER):  # most local servers: nothing else is worth looking for
        prompt, completion = _prompt(usage, total), count(usage, "completion_tokens")
        if total == prompt + completion:
            return Usage(prompt, completion)
        return counted(prompt=prompt, completion=completion, total=total)
    generated = mapping(usage, "completion_tokens_details")
    details = mapping(usage, "prompt_tokens_details")
    return counted(
        prompt=_prompt(usage, total),
        cache_read=_cache_read(usage, details),
        cache_write=_cache_write(usage, details),
        completion=count(usage, "completion_tokens"),
        reasoning=count(generated, "reasoning_tokens") or count(usage, "reasoning_tokens"),
        total=total,
    )


def _prompt(usage: Json, total: int) -> int:
    """Read the prompt's tokens; embeddings may report a total alone."""
    return count(usage, "prompt_tokens") or (0 if "completion_tokens" in usage else total)


def _cache_read(usage: Json, details: Json) -> int:
    return (
        count(details, "cached_tokens")
        or count(usage, "prompt_cache_hit_tokens")  # DeepSeek
        or count(usage, "cached_tokens")  # Moonshot
        or count(usage, "cache_read_input_tokens")  # LiteLLM
    )


def _cache_write(usage: Json, details: Json) -> int:
    return (
        count(details, "cache_write_tokens")  # OpenRouter
        or count(details, "cache_creation_tokens")  # LiteLLM
        or count(usage, "cache_creation_input_tokens")
    )
