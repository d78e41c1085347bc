"""The story of one run: start the parts, keep them running, stop them all."""

import asyncio
import contextlib
import io
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from axiom.supervisor.logs import Log, wants_colour
from axiom.supervisor.parts import Part
from axiom.supervisor.processes import Process, Surroundings
from axiom.supervisor.readiness import answers
from axiom.supervisor.reaping import Reaper
from axiom.supervisor.restarts import Restarts

OWN_NAME = "axiom"
FIRST_PART_GRACE_S = 1.0
WAVE_S = 15.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def supervise(
    parts: Sequence[Part], *, surroundings: Surroundings, run_dir: Path, lock: int
) -> int:
    """Run the parts, their lines on standard output, until told to stop; the exit status."""
    names = (OWN_NAME, *(part.name for part in parts))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    log = Log(sys.stdout, names, coloured=wants_colour(sys.stdout, os.environ))

    async def run() -> int:
        return await Supervisor(
            parts, surroundings=surroundings, log=log, run_dir=run_dir, lock=lock
        ).run()

    return asyncio.run(run())


@dataclass(slots=True, eq=False)
class _Kept:
    part: Part
    restarts: Restarts
    process: Process | None = None


class Supervisor:
    """Runs the parts until it is told to stop or one of them can't be kept running."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        surroundings: Surroundings,
        log: Log,
        run_dir: Path,
        lock: int,
    ) -> None:
        self._kept = [_Kept(part, Restarts()) for part in parts]
        self._surroundings = surroundings
        self._log = log
        self._run_dir = run_dir
        self._reaper = Reaper(lock)
        self._stop = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        """Run everything; 0 after a clean stop, 1 when a part keeps dying."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._look)
        for number in STOP_SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                loop.add_signal_handler(number, self._stop.set)
        self._reaper.start()
        try:
            return await self._run_until_stopped()
        finally:
            await self._stop_parts()
            self._reaper.stop()

    async def _run_until_stopped(self) -> int:
        running = asyncio.create_task(self._start_all())
        stopped = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
        finally:
            running.cancel()
            stopped.cancel()
            await asyncio.gather(running, stopped, return_exceptions=True)
        self._say("Stopping.")
        return self._status

    async def _start_all(self) -> None:
        """Start the broker that the others need, then what people wait for, then the rest."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as keepers:
            for wave in self._waves():
                for kept in wave:
                    keepers.create_task(self._keep(kept))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(WAVE_S):
                        await asyncio.gather(*(answers(kept.part) for kept in wave))
            await asyncio.gather(*(answers(kept.part) for kept in self._kept))
            self._announce(time.monotonic() - began)

    def _waves(self) -> tuple[list[_Kept], ...]:
        sockets = [kept for kept in self._kept if kept.part.socket]
        doors = [kept for kept in self._kept if kept.part.door]
        return sockets, doors, [kept for kept in self._kept if kept not in sockets + doors]

    def _announce(self, seconds: float) -> None:
        doors = [(kept.part.name, kept.part.door) for kept in self._kept if kept.part.door]
        places = ", ".join(f"{name} {door.url}" for name, door in doors)
        self._say(f"Ready after {seconds:.1f} s: {places or 'every part runs'}")

    async def _keep(self, kept: _Kept) -> None:
        while True:
            started = time.monotonic()
            how = await self._run_once(kept)
            now = time.monotonic()
            wait_s = kept.restarts.wait_after_death(ran_s=now - started, now_s=now)
            if wait_s is None:
                self._give_up(kept.part.name)
                return
            self._say(f"{kept.part.name} {how}; it is started again in {wait_s:g} s.")
            await asyncio.sleep(wait_s)

    def _give_up(self, name: str) -> None:
        last_lines = self._log.last_lines(name)
        self._say(f"{name} keeps dying, so everything stops. Its last lines:")
        for line in last_lines:
            self._say(f"  {line}")
        self._status = 1
        self._stop.set()

    async def _run_once(self, kept: _Kept) -> str:
        name = kept.part.name
        try:
            process = Process.start(
                kept.part.command, self._surroundings, lambda line: self._hear(name, line)
            )
        except OSError as error:
            self._hear(name, f"{kept.part.command[0]}: {error.strerror}")
            return "can't be started"
        kept.process = process
        self._reaper.hold(process.pid)
        self._pid_file(name).write_text(f"{process.pid}\n")
        code = await process.ended()
        self._forget(kept)
        return _how_it_ended(code)

    def _forget(self, kept: _Kept) -> None:
        if kept.process is not None:
            self._reaper.let_go(kept.process.pid)
            self._pid_file(kept.part.name).unlink(missing_ok=True)
            kept.process = None

    def _look(self) -> None:
        self._reaper.look()
        for kept in self._kept:
            if kept.process is not None:
                kept.process.look()

    async def _stop_parts(self) -> None:
        first, *others = self._kept
        await asyncio.gather(*(self._stop_one(kept, kept.part.grace_s) for kept in others))
        await self._stop_one(first, FIRST_PART_GRACE_S)

    async def _stop_one(self, kept: _Kept, grace_s: float) -> None:
        if kept.process is not None:
            await kept.process.stop(grace_s=grace_s)
            self._forget(kept)

    def _hear(self, name: str, line: str) -> None:
        self._log.say(name, line)
        if self._log.is_gone:
            self._stop.set()

    def _pid_file(self, name: str) -> Path:
        return self._run_dir / f"{name}.pid"

    def _say(self, line: str) -> None:
        self._log.say(OWN_NAME, line)


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with status {code}"
