"""Portkey's gateway: one Node process, told by headers where the upstream is."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import peers, processes
from bench.calls import PLAIN_MODEL, STREAM_MODEL, Route
from bench.subjects.subject import Running, Upstreams

_START_TIMEOUT_S = 30
_ON_LOOPBACK = Path(__file__).with_name("on_loopback.cjs")


def missing() -> str:
    if shutil.which("node") is None:
        return "not installed: apt-get install nodejs npm, then run make bench-peers"
    return "" if peers.installed_portkey() else peers.NOT_INSTALLED


def version() -> str:
    return peers.installed_portkey()


@contextmanager
def started(folder: Path, upstreams: Upstreams) -> Iterator[Running]:
    port = processes.free_port()
    program = [str(peers.PORTKEY_PROGRAM), f"--port={port}", "--headless"]
    command = ["node", "--require", str(_ON_LOOPBACK), *program]
    with processes.started(
        command, folder=folder, name="portkey", environment={"NODE_ENV": "production"}
    ) as portkey:
        portkey.wait_until_it_answers(port, "/", timeout_s=_START_TIMEOUT_S)
        plain = Route(port, PLAIN_MODEL, _headers(upstreams.plain))
        stream = Route(port, STREAM_MODEL, _headers(upstreams.stream))
        yield Running(plain, stream, (portkey.pid,), (portkey.pid,))


def _headers(upstream: int) -> tuple[tuple[str, str], ...]:
    return (
        ("Authorization", "Bearer bench-upstream-key"),
        ("x-portkey-provider", "openai"),
        ("x-portkey-custom-host", f"http://127.0.0.1:{upstream}/v1"),
    )
