"""What a vendor sends a browser back with, or a person pastes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

from providers.kinds.scrubbing import scrub

_LONGEST_WORDS: Final = 300


@dataclass(frozen=True, slots=True)
class Redirect:
    """An answer to a login page: a code or an error, and which login and server it is of."""

    state: str = ""
    code: str = ""
    issuer: str = ""
    error: str = ""
    words: str = ""

    @classmethod
    def of(cls, said: Mapping[str, str]) -> Self:
        """Read the parameters of RFC 6749 and RFC 9207."""
        error = said.get("error", "")
        return cls(
            state=said.get("state", ""),
            code=said.get("code", ""),
            issuer=said.get("iss", ""),
            error=error,
            words=words_of(said.get("error_description") or error, ()),
        )

    @classmethod
    def pasted(cls, text: str) -> Self:
        """Read a whole address, or the bare code that some vendors show.

        They show it alone, or with the state behind a #.
        """
        text = text.strip()
        if "?" not in text and "=" not in text:
            code, _, state = text.partition("#")
            return cls(code=code, state=state)
        try:
            query = urlsplit(text).query if "?" in text else text
        except ValueError:
            return cls()
        return cls.of(dict(parse_qsl(query)))


def words_of(text: str, secrets: Sequence[str]) -> str:
    """Give a server's own words as people may read them: on one line, short, without secrets."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return scrub(shown, secrets)[:_LONGEST_WORDS].strip()
