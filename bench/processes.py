"""Starting the programs that are compared, and reading from /proc what they cost."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_KEPT_ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_LOG_TAIL_LINES = 30
_OK = 200


class DidNotStart(RuntimeError):
    """A program ended or stayed silent instead of answering; the message ends with its log."""


@dataclass(frozen=True, slots=True)
class ProcessStat:
    """The fields of /proc/PID/stat that count: CPU includes children that were waited for."""

    pid: int
    parent: int
    cpu_s: float
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Program:
    """A program that we started, and where it writes."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until_it_answers(self, port: int, path: str, *, timeout_s: float) -> None:
        """Return once `GET path` is answered with 200; raise `DidNotStart` when it never is."""
        ends_at = time.monotonic() + timeout_s
        while time.monotonic() < ends_at:
            if self.process.poll() is not None:
                raise DidNotStart(f"it ended with {self.process.returncode}:{self._log_tail()}")
            if _status(port, path) == _OK:
                return
            time.sleep(0.1)
        raise DidNotStart(f"no answer on {path} within {timeout_s:.0f} s:{self._log_tail()}")

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        return "".join(f"\n    {line}" for line in lines)


@contextmanager
def started(
    command: Sequence[str],
    *,
    folder: Path,
    name: str = "program",
    environment: Mapping[str, str] | None = None,
    stop_with: signal.Signals = signal.SIGTERM,
    log: Path | None = None,
) -> Iterator[Program]:
    """Run a program in `folder` with a clean environment, and end it with all its children."""
    log = log or folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Program(process, log)
    finally:
        _stop(process, stop_with)


def clean_environment(additions: Mapping[str, str]) -> dict[str, str]:
    """Leave out everything that could configure a subject by accident."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return kept | dict(additions)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def parse_stat(text: str) -> ProcessStat:
    """Read one /proc/PID/stat; the command in it may hold spaces and parentheses."""
    pid, _, rest = text.partition(" (")
    fields = rest[rest.rindex(")") + 2 :].split()
    user, system, children_user, children_system = (int(ticks) for ticks in fields[11:15])
    ticks = user + system + children_user + children_system
    resident_mb = int(fields[21]) * _PAGE_BYTES / 1e6
    return ProcessStat(int(pid), int(fields[1]), ticks / _TICKS_PER_S, resident_mb)


def tree(stats: Sequence[ProcessStat], roots: Sequence[int]) -> list[ProcessStat]:
    """Keep the roots and everything below them."""
    inside = set(roots)
    size = 0
    while size != len(inside):
        size = len(inside)
        inside |= {stat.pid for stat in stats if stat.parent in inside}
    return [stat for stat in stats if stat.pid in inside]


def running(roots: Sequence[int]) -> list[ProcessStat]:
    """Read the process trees of `roots` as they are now."""
    stats = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats.append(parse_stat(path.read_text()))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended between the listing and the reading
    return tree(stats, roots)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def environment_of(pid: int) -> dict[str, str]:
    """Read what a process was told when it started."""
    lines = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def cpu_s(roots: Sequence[int]) -> float:
    return sum(stat.cpu_s for stat in running(roots))


def resident_mb(roots: Sequence[int]) -> float:
    """Sum what the processes hold resident; pages they share count once for each."""
    return sum(stat.resident_mb for stat in running(roots))


def wait_until_quiet(roots: Sequence[int], *, timeout_s: float) -> None:
    """Wait until the trees use less than a tenth of a core, or the time is up."""
    ends_at = time.monotonic() + timeout_s
    before = cpu_s(roots)
    while time.monotonic() < ends_at:
        time.sleep(0.3)
        now = cpu_s(roots)
        if now - before <= 0.3 * 0.1:
            return
        before = now


def _status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes], stop_with: signal.Signals) -> None:
    """Ask first; what is left of the session that we opened is killed."""
    if process.poll() is None:
        process.send_signal(stop_with)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
