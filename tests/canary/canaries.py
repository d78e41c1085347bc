"""Values that must never come out again, and how a trace of one is recognised."""

import base64
import re
import secrets
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_ALPHABET = string.ascii_letters + string.digits
_WINDOW = 8  # random characters: no text has them by accident
_STEP = 4  # so any twelve characters that leak in a row hold a whole window
_RUN = re.compile(r"[A-Za-z0-9+/_-]{8,}")  # every trace is one such run, or inside of one


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret value; its first `shown` characters may be seen, for people to tell it by."""

    name: str
    value: str
    shown: int = 0
    traces: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "traces", tuple(self._traces()))
        if not all(map(_RUN.fullmatch, self.traces)):
            raise ValueError(f"{self.name} has characters that no search would find")

    def is_in(self, text: str) -> bool:
        return any(trace in text for trace in self.traces)

    def _traces(self) -> Iterator[str]:
        hidden = self.value[self.shown :]
        yield from _windows(hidden)
        yield from _windows(hidden.encode().hex(), length=4 * _WINDOW)
        for shift in range(3):  # base64 has three ways to write a text inside another
            written = base64.b64encode(b"\0" * shift + hidden.encode()).decode()
            yield from _windows(written[4:-4], length=2 * _WINDOW)


def _windows(text: str, *, length: int = _WINDOW) -> Iterator[str]:
    return (text[start : start + length] for start in range(0, len(text) - length + 1, _STEP))


API_KEY = Canary("API key", f"sk-{_random(40)}", shown=6)
SECRET_HEADER = Canary("secret header", _random(24))  # short: nothing takes it for a key
REPLACEMENT = Canary("replaced API key", f"sk-{_random(40)}", shown=6)
TYPED = Canary("credential in a refused form", f"sk-{_random(40)}", shown=6)
PASSWORD = Canary("password", _random(40))
MISTYPED_PASSWORD = Canary("mistyped password", _random(40))
ACCESS_TOKEN = Canary("access token", _random(40))
REFRESH_TOKEN = Canary("refresh token", _random(40))
ALL = (
    *(API_KEY, SECRET_HEADER, REPLACEMENT, TYPED, PASSWORD, MISTYPED_PASSWORD),
    *(ACCESS_TOKEN, REFRESH_TOKEN),
)


def token_canary(token: str) -> Canary:
    """Watch a token that was made elsewhere."""
    return Canary("token", token, shown=12)


def leaks(texts: Iterable[tuple[str, str]], canaries: Iterable[Canary] = ALL) -> list[str]:
    """Name what came out, as `canary in place`; texts come with their places.

    Logs and databases say the same words again and again: each is looked at once, and only for a
    canary that is among them every place by itself.
    """
    said = list(texts)
    words = "\n".join({run for _, text in said for run in _RUN.findall(text)})
    return [
        f"{canary.name} in {place}"
        for canary in canaries
        if canary.is_in(words)
        for place in dict.fromkeys(place for place, text in said if canary.is_in(text))
    ]


def plain(content: bytes | str) -> str:
    """Give bytes as text in which a canary of ASCII is found wherever it stands."""
    return content if isinstance(content, str) else content.decode("latin-1")
