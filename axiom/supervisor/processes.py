"""One run of one program: a process group of its own, and every line that it writes."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from axiom.supervisor.logs import Lines

CHUNK = 65_536
PIPE_CHUNKS = 16  # no system's pipe holds more


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What each part is started with."""

    folder: Path
    environment: Mapping[str, str]


class Process:
    """A started part. It ends by itself or by `stop`; its whole group ends with it.

    The supervisor calls `look` whenever a child has ended (SIGCHLD).
    """

    def __init__(self, popen: subprocess.Popen[bytes], hear: Callable[[str], None]) -> None:
        self.pid = popen.pid
        self._popen = popen
        self._hear = hear
        self._lines = Lines()
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        if popen.stdout is None:
            raise ValueError("a part is started with its output on a pipe")
        self._output = popen.stdout.fileno()
        os.set_blocking(self._output, False)
        self._loop.add_reader(self._output, self._read)

    @classmethod
    def start(
        cls, command: Sequence[str], surroundings: Surroundings, hear: Callable[[str], None]
    ) -> Self:
        """Start a command; raises OSError when there is no such program."""
        popen = subprocess.Popen(  # noqa: S603 - the table of parts names the commands
            command,
            cwd=surroundings.folder,
            env=dict(surroundings.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return cls(popen, hear)

    async def ended(self) -> int:
        """Wait for the end; the exit status, negative for a signal."""
        return await asyncio.shield(self._ended)

    def look(self) -> None:
        """Notice the end: kill what is left of the group, and read its last lines."""
        if self._ended.done() or self._popen.poll() is None:
            return
        self._signal(signal.SIGKILL)
        for _ in range(PIPE_CHUNKS):
            if not self._read():
                break
        self._close_output()
        self._ended.set_result(self._popen.returncode)

    async def stop(self, *, grace_s: float) -> None:
        """Ask the group to end, kill it after `grace_s`, and wait until it is gone."""
        if self._ended.done():
            return
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.ended(), grace_s)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self.ended()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):  # macOS says the latter of zombies
            return

    def _read(self) -> bool:
        """Hear one chunk, so that a part that floods its output leaves time for the others."""
        if self._output < 0:
            return False
        try:
            chunk = os.read(self._output, CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._close_output()
            return False
        for line in self._lines.feed(chunk):
            self._hear(line)
        return True

    def _close_output(self) -> None:
        if self._output < 0:
            return
        self._loop.remove_reader(self._output)
        self._output = -1
        for line in self._lines.end():
            self._hear(line)
        if self._popen.stdout is not None:
            self._popen.stdout.close()
