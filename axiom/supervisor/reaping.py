"""The supervisor's side of its reaper."""

import contextlib
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).with_name("reaper.py")


class Reaper:
    """Tells a reaper process which groups run, and starts another one when it is killed."""

    def __init__(self, lock: int) -> None:
        self._lock = lock
        self._groups: set[int] = set()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own file
            (sys.executable, "-I", "-S", str(FILE)),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(self._lock,),
            text=True,
        )
        for group in self._groups:
            self._tell(f"+{group}")

    def hold(self, group: int) -> None:
        self._groups.add(group)
        self._tell(f"+{group}")

    def let_go(self, group: int) -> None:
        self._groups.discard(group)
        self._tell(f"-{group}")

    def look(self) -> None:
        """Start another one if this one has ended."""
        if self._process is not None and self._process.poll() is not None:
            self._close_input(self._process)
            self.start()

    def stop(self) -> None:
        """End it, with nothing left to reap."""
        if self._process is not None:
            process, self._process = self._process, None
            self._close_input(process)
            process.wait()

    def _tell(self, line: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):  # it was killed: the next one is told all
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def _close_input(self, process: subprocess.Popen[str]) -> None:
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
