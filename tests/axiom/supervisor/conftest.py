import asyncio
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from axiom.supervisor import broker
from axiom.supervisor.parts import Part
from axiom.supervisor.readiness import answers

OURS = ("AXIOM_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEY", "ALLOWED_HOSTS")
ROOT = Path(__file__).resolve().parents[3]
SMALL_START = Path(__file__).with_name("small_start.py")
PATIENCE_S = 60.0
Row = dict[str, str]


def fresh_environment():
    """The environment without a word about an installation, as a newcomer's is."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


class Running:
    """A program whose lines a test waits for."""

    def __init__(self, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self.heard: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.popen = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**fresh_environment(), "PYTHONPATH": str(ROOT), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def line_with(self, words: str) -> str:
        while (line := self._lines.get(timeout=PATIENCE_S)) is not None:
            if words in line:
                return line
        raise AssertionError(f"ended without {words!r}: {self.heard}")

    def has_said(self, *all_words: str) -> None:
        """Wait until each of the words has been heard, in any order."""
        while not all(any(words in line for line in self.heard) for words in all_words):
            if self._lines.get(timeout=PATIENCE_S) is None:
                raise AssertionError(f"ended without {all_words}: {self.heard}")

    def ended(self) -> int:
        status = self.popen.wait(timeout=PATIENCE_S)
        self._listener.join(timeout=PATIENCE_S)
        return status

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        return self.ended()

    def close(self) -> None:
        if self.popen.poll() is None:
            self.popen.terminate()
            self.ended()
        if self.popen.stdout is not None:
            self.popen.stdout.close()

    def _listen(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.heard.append(line.rstrip("\n"))
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)


@pytest.fixture
def programs() -> Iterator[Callable[..., Running]]:
    """Start programs that end with the test."""
    started: list[Running] = []

    def start(command: Sequence[str], environment: dict[str, str] | None = None) -> Running:
        started.append(Running(command, environment))
        return started[-1]

    yield start
    for program in started:
        program.close()


@pytest.fixture
def small_start(
    programs: Callable[..., Running], tmp_path: Path
) -> Callable[[Sequence[Row]], Running]:
    """Start a supervisor of tiny parts; each row has a name and the code it runs."""

    def start(rows: Sequence[Row]) -> Running:
        return programs([sys.executable, str(SMALL_START), str(tmp_path), json.dumps(rows)])

    return start


@pytest.fixture
def manage(programs: Callable[..., Running], tmp_path: Path) -> Callable[..., Running]:
    """Start one of our commands on a data folder of the test's own."""

    def start(*words: str, **environment: str) -> Running:
        own = {"AXIOM_DATA": str(tmp_path / "data"), **environment}
        return programs([sys.executable, str(ROOT / "manage.py"), *words], own)

    return start


@pytest.fixture(scope="session")
def first_setup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `manage.py setup` leaves it: made once, copied by each who wants one."""
    folder = tmp_path_factory.mktemp("first") / "data"
    program = Running(
        [sys.executable, str(ROOT / "manage.py"), "setup"], {"AXIOM_DATA": str(folder)}
    )
    try:
        assert program.ended() == 0, program.heard
    finally:
        program.close()
    return folder


@pytest.fixture
def set_up(first_setup: Path, tmp_path: Path) -> Path:
    """The test's own data folder, set up before."""
    return shutil.copytree(first_setup, tmp_path / "data")


@pytest.fixture
def start_broker(programs: Callable[..., Running]) -> Callable[[Path], tuple[Running, Path]]:
    """Start our own server in a folder and wait until it answers."""

    def start(folder: Path) -> tuple[Running, Path]:
        path = broker.prepare(folder)
        server = programs(broker.command(folder, path))
        asyncio.run(asyncio.wait_for(answers(Part("broker", (), socket=path)), PATIENCE_S))
        return server, path

    return start
