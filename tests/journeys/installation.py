"""A whole installation, started as a new user starts it."""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
OURS = ("AXIOM_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEY", "ALLOWED_HOSTS")
PATIENCE_S = 120.0
EMAIL = "ada@example.com"
PASSWORD = "correct-horse-battery-staple"


def newcomers_environment() -> dict[str, str]:
    """The environment without a word about an installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


def free_port() -> int:
    """Find a port below those that the system gives to outgoing connections, so that it stays."""
    ports = random.SystemRandom().sample(range(15_000, 32_000), k=200)
    return next(port for port in ports if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0 and _can_bind(port)


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def until(is_so: Callable[[], bool], what: str) -> None:
    """Look again and again until it is so; fails when that takes unreasonably long."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


class Installation:
    """`manage.py run` on a data folder of its own; every line that it says is kept."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        portal, gateway = free_port(), free_port()
        self.portal_url = f"http://127.0.0.1:{portal}"
        self.gateway_url = f"http://127.0.0.1:{gateway}"
        self.heard: list[str] = []
        self._environment = newcomers_environment() | {
            "AXIOM_DATA": str(folder),
            "AXIOM_PORTAL_PORT": str(portal),
            "AXIOM_GATEWAY_PORT": str(gateway),
            "AXIOM_ADMIN_EMAIL": EMAIL,
            "AXIOM_ADMIN_PASSWORD": PASSWORD,
            "NO_COLOR": "1",
            **(environment or {}),
        }
        self._more = threading.Condition()
        self._is_over = False
        self._popen: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until every part answers."""
        self._popen = subprocess.Popen(
            (sys.executable, str(ROOT / "manage.py"), "run"),
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._listen, args=(self._popen,), daemon=True).start()
        self.wait_for("Ready after", part="axiom")
        self.wait_for(" ready.", part="worker")
        self.wait_for(" ready.", part="slow")

    def stop(self) -> int:
        """Press Ctrl-C; the exit status."""
        assert self._popen is not None
        self._popen.send_signal(signal.SIGINT)
        try:
            return self._popen.wait(timeout=PATIENCE_S)
        finally:
            self._popen.kill()

    def wait_for(self, words: str, *, part: str = "", since: int = 0) -> str:
        """Wait for a line of `part` with these words, and give it.

        `since` is how many lines had been heard when the waiting began to make sense.
        """
        deadline = time.monotonic() + PATIENCE_S
        with self._more:
            while True:
                for line in self.heard[since:]:
                    if words in line and line.startswith(part):
                        return line
                left_s = deadline - time.monotonic()
                if left_s <= 0 or self._is_over:
                    break
                self._more.wait(left_s)
        said = "\n".join(self.heard[-80:])
        raise AssertionError(f"never said {words!r}; its last lines:\n{said}")

    def pid_of(self, part: str) -> int:
        return int((self.folder / "run" / f"{part}.pid").read_text())

    def manage(self, *words: str) -> str:
        """Run one of its commands, as somebody in a second shell."""
        ran = subprocess.run(
            (sys.executable, str(ROOT / "manage.py"), *words),
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    @cached_property
    def script_token(self) -> str:
        """The API key of scripts that prepare what a test looks at."""
        return self.token("Scripts")

    def token(self, name: str) -> str:
        """Make an API key of the first project, with all rights there."""
        return self.manage("issue_api_key", "--project", "default", "--name", name)

    def add_provider(self, token: str, **fields: object) -> dict[str, Any]:
        """Add a provider over REST, as a script does; by default one for any OpenAI-like server."""
        answer = requests.post(
            f"{self.portal_url}/api/v1/ai-providers",
            headers={"Authorization": f"Bearer {token}"},
            json={"provider": "custom", **fields},
            timeout=PATIENCE_S,
        )
        assert answer.status_code == HTTPStatus.CREATED, answer.text
        added: dict[str, Any] = answer.json()
        return added

    def renew(self, token: str, provider_id: str) -> None:
        """Have a provider's login renewed now, as a script does."""
        answer = requests.post(
            f"{self.portal_url}/api/v1/ai-providers/{provider_id}/renew-token",
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE_S,
        )
        assert answer.status_code == HTTPStatus.OK, answer.text

    def settled(self) -> None:
        """Wait until the gateway has no call under way and no line left to write."""
        wanted = {"axiom_gateway_calls": 0.0, "axiom_gateway_ledger_waiting": 0.0}
        until(lambda: wanted.items() <= self.metrics().items(), "the ledger to be written")

    def metrics(self) -> dict[str, float]:
        """Read what the gateway counts."""
        with urllib.request.urlopen(f"{self.gateway_url}/metrics", timeout=10) as answer:  # noqa: S310 - our own address
            lines = answer.read().decode().splitlines()
        counts = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in counts}

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Read its database as it stands."""
        address = f"file:{self.folder / 'db.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def _listen(self, popen: subprocess.Popen[str]) -> None:
        assert popen.stdout is not None
        with popen.stdout as lines:
            for line in lines:
                with self._more:
                    self.heard.append(line.rstrip("\n"))
                    self._more.notify_all()
        with self._more:
            self._is_over = True
            self._more.notify_all()
