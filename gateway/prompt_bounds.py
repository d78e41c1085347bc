"""The most tokens that a prompt may be counted as: what is reserved for it, whatever is in it.

Every tokenizer makes at most one token of a byte. So a request has no more tokens than its JSON has
bytes, and the names and marks in that pay for what providers put around messages and tools.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import orjson

# What the small models of OpenAI make of the largest image; others make a few thousand of it.
AN_IMAGE: Final = 50_000
# A document that the provider fetches, or what it remembers of a conversation: nobody knows.
ELSEWHERE: Final = 300_000
# What providers add of their own where there are tools: instructions, and their built-in ones.
TOOLS: Final = 2_048

_IMAGES: Final = frozenset({"image", "image_url", "input_image"})
_MEDIA_TYPES: Final = ("media_type", "mimeType", "mime_type")
_ADDRESSES: Final = ("file_id", "file_url", "fileUri", "file_uri")
_REMEMBERED: Final = ("previous_response_id", "conversation", "cachedContent")


def most_prompt_tokens(request: Mapping[str, object]) -> int:
    """Bound the tokens of a request's prompt; images count a flat sum, other files their bytes."""
    most = _bytes(request)
    most += sum(ELSEWHERE for name in _REMEMBERED if request.get(name))
    if request.get("tools"):
        most += TOOLS
    for part in _parts(request):
        if _is_image(part):
            most += AN_IMAGE - _bytes(part)
        elif _is_elsewhere(part):
            most += ELSEWHERE
    return most


def _bytes(value: Mapping[str, object]) -> int:
    return len(orjson.dumps(value))


def _parts(request: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Give every object in a decoded JSON value; of an image not what is inside it."""
    waiting: list[object] = [request]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            yield item
            waiting += () if _is_image(item) else item.values()


def _is_image(part: Mapping[str, object]) -> bool:
    kind = part.get("type")
    if isinstance(kind, str) and kind in _IMAGES:
        return True
    return any(str(part.get(name, "")).startswith("image/") for name in _MEDIA_TYPES)


def _is_elsewhere(part: Mapping[str, object]) -> bool:
    if part.get("type") == "url" and part.get("url"):
        return True
    return any(isinstance(part.get(name), str) for name in _ADDRESSES)
