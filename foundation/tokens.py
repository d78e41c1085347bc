"""Tokens, where nobody counted them: estimated by length.

Four characters are one token in English text, with the usual tokenizers. Code and other languages
differ, so whatever rests on this is told as estimated.
"""

import math
from typing import Final

_CHARACTERS_PER_TOKEN: Final = 4


def tokens_in(characters: int) -> int:
    """Estimate how many tokens a text of that many characters has, rounded up."""
    return math.ceil(characters / _CHARACTERS_PER_TOKEN)
