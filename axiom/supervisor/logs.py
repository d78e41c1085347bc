"""One stream for the lines of all parts, each line whole and with its part's name before it."""

import contextlib
import io
import os
import re
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

COLOURS = ("36", "32", "35", "33", "34", "31")
LAST_LINES = 15
LONGEST_LINE = 16_384
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def wants_colour(out: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether `out` shows colours: a terminal does, unless NO_COLOR or TERM=dumb says otherwise."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return out.isatty()


class Lines:
    """Cuts a stream of bytes into lines of text; one without an end is cut at `LONGEST_LINE`."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        while len(self._rest) > LONGEST_LINE:
            lines.append(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]
        return [_readable(line) for line in lines]

    def end(self) -> list[str]:
        rest, self._rest = self._rest, b""
        return [_readable(rest)] if rest else []


def _readable(line: bytes) -> str:
    # A part may log what a stranger sent: no control character reaches the terminal as itself.
    text = line.decode("utf-8", "backslashreplace").rstrip("\r")
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class Log:
    """Writes the lines of all parts, and remembers the last of each.

    `is_gone` turns true when nobody reads the stream any more.
    """

    def __init__(self, out: TextIO, names: Iterable[str], *, coloured: bool) -> None:
        names = tuple(names)
        width = max(len(name) for name in names)
        self.is_gone = False
        self._out = out
        self._last = {name: deque[str](maxlen=LAST_LINES) for name in names}
        self._prefixes = {
            name: _prefix(name.ljust(width), COLOURS[place % len(COLOURS)] if coloured else "")
            for place, name in enumerate(names)
        }

    def say(self, name: str, line: str) -> None:
        self._last[name].append(line)
        try:
            self._out.write(f"{self._prefixes[name]}{line}\n")
            self._out.flush()
        except OSError:
            self.is_gone = True
            _silence(self._out)

    def last_lines(self, name: str) -> tuple[str, ...]:
        return tuple(self._last[name])


def _silence(out: TextIO) -> None:
    """Lead a stream that nobody reads nowhere: what it still holds would fail again at the end."""
    with contextlib.suppress(io.UnsupportedOperation), Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), out.fileno())


def _prefix(name: str, colour: str) -> str:
    return f"\x1b[{colour}m{name} |\x1b[0m " if colour else f"{name} | "
