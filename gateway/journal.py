"""The ledger's safety net: calls that have ended and are not in the database yet, on disk.

A process that is killed outright leaves its journal behind, and the next gateway that looks writes
it. Lines may be written more than once; the ledger takes each only once.
"""

import errno
import fcntl
import logging
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


@dataclass(frozen=True, slots=True)
class _Segment:
    """A file that its process holds a lock on for as long as it lives."""

    file: Path
    descriptor: int

    @classmethod
    def begun(cls, folder: Path) -> Self:
        """Begin a file; nobody sees it under its name before it is locked. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        unseen = folder / f"{name}.part"
        descriptor = os.open(unseen, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, _EXCLUSIVELY)
            return cls(unseen.rename(folder / f"{name}{_SUFFIX}"), descriptor)
        except OSError:
            os.close(descriptor)
            raise

    def write(self, line: bytes) -> None:
        """Write a whole line or nothing; raises OSError."""
        written = os.write(self.descriptor, line)
        if written != len(line):  # the disk is full
            os.ftruncate(self.descriptor, os.fstat(self.descriptor).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def end(self) -> None:
        self.file.unlink(missing_ok=True)
        os.close(self.descriptor)


class Journal:
    """One process's own.

    Lines go to the system's memory before their calls are answered, so they outlive the process,
    though not the machine. On a disk that takes nothing it says so once, and the ledger goes on.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segment: _Segment | None = None
        self._older: list[_Segment] = []
        self.is_refused = False

    def add(self, line: bytes) -> None:
        """Write a line."""
        try:
            if self._segment is None:
                self._segment = _Segment.begun(self._folder)
            self._segment.write(line + b"\n")
        except OSError:
            if not self.is_refused:
                logger.exception("the ledger's journal can't be written; a kill would lose entries")
            self.is_refused = True
        else:
            self.is_refused = False

    def try_again(self) -> None:
        """Find out whether a disk that took nothing takes lines again; a blank one means none."""
        if self.is_refused:
            self.add(b"")

    def turn(self) -> None:
        """Put what has been written behind a mark; `drop` forgets what is behind it."""
        if self._segment is not None and not self._older:
            self._older.append(self._segment)
            self._segment = None

    def drop(self) -> None:
        """Forget what is behind the mark: the database has it."""
        while self._older:
            self._older.pop().end()

    def end(self) -> None:
        """Forget everything: it is kept elsewhere, and nothing follows."""
        self.drop()
        if self._segment is not None:
            self._segment.end()
            self._segment = None


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
