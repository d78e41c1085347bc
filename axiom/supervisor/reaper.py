"""Ends the parts when the supervisor is gone, however it went.

A kill -9 leaves the supervisor no time to end its parts, so this process, a session of its
own, does it. On standard input it is told of process groups, one a line: `+123` runs, `-123`
has ended. The end of the input is the end of the supervisor. It also holds the supervisor's
lock open, so that the next start waits until the last part is gone.

It is run as a file, without Django and without `site`, and stays a few megabytes.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE_S = 3.0
LOOK_EVERY_S = 0.05


def groups_left(lines: Iterable[str]) -> set[int]:
    """Give the groups that still run when the lines end."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def end_groups(groups: set[int], *, grace_s: float = GRACE_S) -> None:
    """Ask every group to end, and kill what is left after `grace_s`."""
    left = {group for group in groups if _signal(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace_s
    while left and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
        left = {group for group in left if _signal(group, 0)}
    for group in left:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Signal a group; whether there was anybody in it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        return False
    return True


if __name__ == "__main__":
    end_groups(groups_left(sys.stdin))
