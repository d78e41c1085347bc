"""The ledger's waiting room on disk, for as long as the database is away.

Files of JSON lines, each written whole and synced before it counts. Lines may be replayed more
than once; the ledger takes each only once.
"""

import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from usage.entries import Entry

logger = logging.getLogger(__name__)

_SUFFIX: Final = ".jsonl"
_ASIDE: Final = "set-aside.txt"


class Spool:
    """A folder of files, each a batch of entries. Several gateways may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def files(self) -> list[Path]:
        """The batches that wait, oldest first."""
        return sorted(self.folder.glob(f"*{_SUFFIX}"))

    def put(self, lines: Iterable[bytes], *, number: int) -> None:
        """Write a batch to disk for good; raises OSError, and leaves no half file, where it can't.

        `lines` are as `Entry.as_line` writes them. `number` orders the batches: later ones have
        greater numbers.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{number:020d}-{secrets.token_hex(4)}"
        unfinished = self.folder / f"{name}.part"
        try:
            _write(unfinished, b"".join(line + b"\n" for line in lines))
            unfinished.rename(self.folder / f"{name}{_SUFFIX}")
            _sync_folder(self.folder)
        finally:
            unfinished.unlink(missing_ok=True)

    def read(self, file: Path) -> list[Entry]:
        """Return a batch's entries; lines that are none are set aside and said, never lost."""
        return list(self._entries(file))

    def drop(self, file: Path) -> None:
        file.unlink(missing_ok=True)

    def set_aside(self, line: bytes) -> None:
        """Keep for a person what the ledger can't take."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / _ASIDE).open("ab") as aside:
            aside.write(line + b"\n")

    def _entries(self, file: Path) -> Iterator[Entry]:
        content = file.read_bytes().rstrip(b"\0")  # as a journal has them behind its lines
        for line in filter(None, content.splitlines()):
            try:
                yield Entry.from_line(line)
            except ValueError:
                logger.exception("a line of the usage spool %s is unreadable", file.name)
                self.set_aside(line)


def _write(file: Path, content: bytes) -> None:
    with file.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
