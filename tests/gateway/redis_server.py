"""A Redis-protocol server of a test's own, that it may stop and start."""

import subprocess
import tempfile
import time
from pathlib import Path

import redis

from axiom.supervisor import broker

PATIENCE_S = 30


class RedisServer:
    """On a unix socket in a short folder; nothing is kept when it stops."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="axiom-")
        self.address = f"unix://{Path(self._folder.name) / 'redis.sock'}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.address)

    def start(self) -> None:
        socket = self.address.removeprefix("unix://")
        options = ("--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no")
        self._process = subprocess.Popen(
            (broker.program(), *options), stdout=subprocess.DEVNULL, cwd=self._folder.name
        )
        end = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
            self._process = None

    def remove(self) -> None:
        self.stop()
        self._folder.cleanup()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False
