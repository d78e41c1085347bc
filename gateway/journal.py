"""The ledger's safety net: calls that have ended and are not in the database yet, on disk.

A process that is killed outright leaves its journal behind, and the next gateway that looks writes
it. Lines may be written more than once; the ledger takes each only once.

Its files are mapped: writing a line is a store into memory that belongs to the system. A call then
waits for no disk, and the event loop gives the interpreter to no other thread meanwhile.
"""

import fcntl
import logging
import mmap
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

logger = logging.getLogger(__name__)

_SUFFIX: Final = ".journal"
_EXCLUSIVELY: Final = fcntl.LOCK_EX | fcntl.LOCK_NB
_SIZE: Final = 262_144  # of a file, some 800 lines; the next one is begun where it is full
_NEWLINE: Final = ord("\n")


@dataclass(slots=True, eq=False)
class _Segment:
    """A file that its process holds a lock on for as long as it is mapped; zeros follow its lines.

    A line counts with its end, which is stored last: a kill leaves no half one that looks whole.
    """

    file: Path
    memory: mmap.mmap
    written: int = 0

    @classmethod
    def begun(cls, folder: Path, *, size: int) -> Self:
        """Begin a file; nobody sees it under its name before it is locked. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        unseen = folder / f"{name}.part"
        descriptor = os.open(unseen, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)  # a full disk is told now, not by a signal
            memory = mmap.mmap(descriptor, size)
            fcntl.flock(descriptor, _EXCLUSIVELY)
            return cls(unseen.rename(folder / f"{name}{_SUFFIX}"), memory)
        except OSError:
            unseen.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)

    def takes(self, line: bytes) -> bool:
        return len(line) < len(self.memory) - self.written

    def write(self, line: bytes) -> None:
        end = self.written + len(line)
        self.memory[self.written : end] = line
        self.memory[end] = _NEWLINE
        self.written = end + 1

    def end(self) -> None:
        self.file.unlink(missing_ok=True)
        self.memory.close()


class Journal:
    """One process's own.

    Lines go to the system's memory before their calls are answered, so they outlive the process,
    though not the machine. On a disk that takes nothing it says so once, and the ledger goes on.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segments: list[_Segment] = []
        self._older: list[_Segment] = []
        self.is_refused = False

    def add(self, line: bytes) -> None:
        """Write a line."""
        segments = self._segments
        if (segments and segments[-1].takes(line)) or self._begin(len(line) + 1):
            segments[-1].write(line)

    def try_again(self) -> None:
        """Find out whether a disk that took nothing takes lines again."""
        if self.is_refused:
            self._begin(_SIZE)

    def turn(self) -> None:
        """Put what has been written behind a mark; `drop` forgets what is behind it."""
        if not self._older:
            self._older, self._segments = self._segments, []

    def drop(self) -> None:
        """Forget what is behind the mark: the database has it."""
        while self._older:
            self._older.pop().end()

    def end(self) -> None:
        """Forget everything: it is kept elsewhere, and nothing follows."""
        self.drop()
        self._older, self._segments = self._segments, []
        self.drop()

    def _begin(self, least: int) -> bool:
        """Begin the next file; False where the disk refuses it."""
        try:
            self._segments.append(_Segment.begun(self._folder, size=max(_SIZE, least)))
        except OSError:
            if not self.is_refused:
                logger.exception("the ledger's journal can't be written; a kill would lose entries")
            self.is_refused = True
        else:
            self.is_refused = False
        return not self.is_refused


def journals_in(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"))


@contextmanager
def taken_over(file: Path) -> Iterator[bool]:
    """Hold a file that a process has left; False where that lives, or somebody was faster."""
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, _EXCLUSIVELY)
        except BlockingIOError:
            yield False
        else:
            yield file.exists()
    finally:
        os.close(descriptor)
