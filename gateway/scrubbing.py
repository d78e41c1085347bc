"""A provider's error on its way to the client: without secrets, and of a size that can be read.

Whoever sends megabytes as an error, or nests it without end, must not hold up everybody else.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from providers.kinds.scrubbing import scrub

_LONGEST_TEXT: Final = 4_096
_MOST_TEXT: Final = 16_384  # characters, of all texts of one error
_OVERLAP: Final = 1_024  # is scrubbed beyond a cut, which then leaves no half of a secret
_DEEPEST: Final = 64  # what is nested deeper can't be written again from some depth on
_CUT: Final = "…"


def scrubbed(content: Mapping[str, object], secrets: Sequence[str]) -> dict[str, object]:
    """Take secrets out of every text; what is too long or nested too deep is cut."""
    scrubber = _Scrubber(secrets)
    return {name: scrubber.value(item, _DEEPEST) for name, item in content.items()}


class _Scrubber:
    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = secrets
        self._left = _MOST_TEXT

    def value(self, value: object, depth: int) -> object:
        if isinstance(value, str):
            return self._text(value)
        if not isinstance(value, list | dict):
            return value
        if not depth:
            return _CUT
        if isinstance(value, list):
            return [self.value(item, depth - 1) for item in value]
        return {name: self.value(item, depth - 1) for name, item in value.items()}

    def _text(self, text: str) -> str:
        if not text:
            return text
        room = min(_LONGEST_TEXT, self._left)
        self._left -= min(room, len(text))
        if len(text) <= room:
            return scrub(text, self._secrets)
        return scrub(text[: room + _OVERLAP], self._secrets)[:room] + _CUT if room else _CUT
