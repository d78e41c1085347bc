"""One supervisor for each data folder."""

import fcntl
import os
import time
from pathlib import Path

from axiom.supervisor.refusals import StartRefused

WAIT_FOR_DYING_S = 8.0
LOOK_EVERY_S = 0.1


def take(path: Path) -> int:
    """Lock `path` and write this process's id into it; the descriptor holds the lock.

    A supervisor that was killed leaves the lock with its reaper until the last part is gone:
    that is waited for. Raises StartRefused when the other one lives.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + WAIT_FOR_DYING_S
    while not _is_taken(lock):
        holder = _holder(lock)
        if _is_alive(holder) or time.monotonic() > deadline:
            os.close(lock)
            raise StartRefused(
                f"Axiom already runs in {path.parent.parent} (process {holder or '?'}). "
                "Stop it first, or set AXIOM_DATA to another folder."
            )
        time.sleep(LOOK_EVERY_S)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _is_taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(lock: int) -> int:
    text = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdigit() else 0


def _is_alive(pid: int) -> bool:
    if pid == 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
