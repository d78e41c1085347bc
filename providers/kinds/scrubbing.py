"""Take secrets out of text that somebody else wrote, before anybody reads or keeps it."""

import re
from collections.abc import Sequence
from urllib.parse import quote

REDACTED = "[redacted]"

_SHORTEST_SECRET = 4  # shorter ones stand in ordinary words, and no provider issues them
_LOOKS_SECRET = re.compile(
    r"""
      \b(?:sk|pk|rk|gsk|xai|hf|r8|fw|tgp|nvapi|pplx|axk|axa|csk)[-_][A-Za-z0-9_\-*.]{6,}
    | \bAIza[A-Za-z0-9_\-*]{10,}          # Google
    | \bya29\.[A-Za-z0-9_\-.]{10,}        # Google, access tokens
    | \bgh[a-z]_[A-Za-z0-9]{16,}          # GitHub
    | \b(?:AKIA|ASIA)[A-Z0-9]{12,}        # AWS
    | \beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-.]+  # JSON web tokens
    | \b[Bb]earer\s+[A-Za-z0-9_\-.~+/=*]{8,}
    | \b(?=[A-Za-z_]*[0-9])[A-Za-z0-9_]{40,}  # long and opaque, whoever issued it
    | [^\s"'“”:=(]{0,80}\*{2,}[^\s"'“”,;)]{0,80}  # keys that the provider masked in part
    """,
    re.VERBOSE,
)


def scrub(text: str, secrets: Sequence[str]) -> str:
    """Replace the given secrets, as they are or as a URL writes them, and all that looks like one.

    Longer secrets go first, so that none leaves a part of itself behind. The text may have been
    cut within a secret: a beginning of one at its end goes too.
    """
    known = {form for secret in secrets for form in (secret, quote(secret, safe=""))}
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = _without_beginning_of(secret, text.replace(secret, REDACTED))
    return _LOOKS_SECRET.sub(REDACTED, text)


def _without_beginning_of(secret: str, text: str) -> str:
    for length in range(min(len(secret), len(text)), _SHORTEST_SECRET - 1, -1):
        if text.endswith(secret[:length]):
            return text[:-length] + REDACTED
    return text
