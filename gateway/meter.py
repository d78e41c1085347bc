"""What one gateway process has seen, kept where a kill doesn't reach: the loss meter's one side.

Counted apart from the ledger, so that the two can be compared. The counts lie in a mapped file:
counting is a store into memory, and the file outlives the process.
"""

import fcntl
import logging
import mmap
import os
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import Final

from foundation.ids import new_id

logger = logging.getLogger(__name__)

_SUFFIX: Final = ".meter"
_COUNTS: Final = Struct("=QQ")
_SEEN, _ENDED = 0, 1


class Meter:
    """Counts a process's calls: those whose caller is known, and those of them that have ended.

    On a disk that takes nothing it counts in memory alone.
    """

    def __init__(self, folder: Path) -> None:
        self.name = new_id("gwy")
        self._file = folder / f"{self.name}{_SUFFIX}"
        self._is_kept, self._memory = self._begun(folder)
        self._counts = memoryview(self._memory).cast("Q")

    def see(self) -> None:
        self._counts[_SEEN] += 1

    def end(self) -> None:
        self._counts[_ENDED] += 1

    def waive(self) -> None:
        """Take back a call that leaves no line."""
        self._counts[_SEEN] -= 1

    @property
    def seen(self) -> int:
        return self._counts[_SEEN]

    @property
    def under_way(self) -> int:
        return self._counts[_SEEN] - self._counts[_ENDED]

    def close(self, *, is_noted: bool) -> None:
        """Let go of the file, and of what it says once that is noted elsewhere."""
        if is_noted and self._is_kept:
            self._file.unlink(missing_ok=True)
        self._counts.release()
        self._memory.close()

    def _begun(self, folder: Path) -> tuple[bool, mmap.mmap]:
        """Begin the file; nobody sees it under its name before it is locked.

        The lock lasts as long as the mapping, which holds the file open.
        """
        unseen = folder / f"{self.name}.part"
        descriptor = None
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(unseen, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            os.posix_fallocate(descriptor, 0, _COUNTS.size)  # a full disk is told now, not later
            memory = mmap.mmap(descriptor, _COUNTS.size)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unseen.rename(self._file)
        except OSError:
            logger.exception("the loss meter can't be kept on disk; a kill would forget its count")
            with suppress(OSError):
                unseen.unlink(missing_ok=True)
            return False, mmap.mmap(-1, _COUNTS.size)
        finally:
            if descriptor is not None:
                os.close(descriptor)
        return True, memory


def meters_in(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"))


def read_meter(file: Path) -> tuple[str, int]:
    """Read what a process that is gone had seen: its name and the number of its calls."""
    content = file.read_bytes().ljust(_COUNTS.size, b"\0")
    seen, _ended = _COUNTS.unpack_from(content)
    return file.name.removesuffix(_SUFFIX), seen
