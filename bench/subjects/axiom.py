"""Axiom as a newcomer starts it, everything on: keys, routing, accounting, its own database.

The gateway's processes are its cost; portal, worker, scheduler and broker are reported beside.
"""

import http.client
import json
import re
import signal
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import processes
from bench.calls import PLAIN_MODEL, UPSTREAM_MODEL, Route
from bench.subjects import storage
from bench.subjects.storage import Storage
from bench.subjects.subject import Running, Upstreams

_ROOT = Path(__file__).parents[2]
_PYTHON = _ROOT / ".venv" / "bin" / "python"
_MANAGE = _ROOT / "manage.py"
_FIRST_START_TIMEOUT_S = 120
_ROUTE_TIMEOUT_S = 10
_COMMAND_TIMEOUT_S = 60
_TOKEN = re.compile(r"axk_[A-Za-z0-9_-]{43}")
_STREAM_MODEL = "bench-stream-model"
_CREATED = 201


@dataclass(frozen=True, slots=True)
class _Installation:
    """A fresh Axiom with a data folder and ports of its own."""

    data: Path
    portal_port: int
    gateway_port: int
    storage: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.storage,
            "AXIOM_DATA": str(self.data),
            "AXIOM_PORTAL_PORT": str(self.portal_port),
            "AXIOM_GATEWAY_PORT": str(self.gateway_port),
        }


def missing() -> str:
    return "" if _PYTHON.exists() and _MANAGE.exists() else "not installed: run make run once"


def version() -> str:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


@contextmanager
def started(folder: Path, upstreams: Upstreams) -> Iterator[Running]:
    """Start the embedded default."""
    with _started(folder, upstreams, storage.embedded) as running:
        yield running


@contextmanager
def started_on_services(folder: Path, upstreams: Upstreams) -> Iterator[Running]:
    """Start one on PostgreSQL and Redis."""
    with _started(folder, upstreams, storage.services) as running:
        yield running


def missing_services() -> str:
    return missing() or storage.missing_services()


@contextmanager
def _started(
    folder: Path,
    upstreams: Upstreams,
    keeping: Callable[[Path], AbstractContextManager[Storage]],
) -> Iterator[Running]:
    """Start `manage.py run`, issue a key, register both upstreams as providers."""
    data, ports = folder / "data", (processes.free_port(), processes.free_port())
    with (
        keeping(data) as kept,
        _running(_Installation(data, *ports, kept.environment), folder) as (axiom, installation),
    ):
        token = _issue_token(installation, folder)
        _register(installation, token, "Bench", upstreams.plain, UPSTREAM_MODEL)
        _register(installation, token, "Bench streams", upstreams.stream, _STREAM_MODEL)
        bearer = (("Authorization", f"Bearer {token}"),)
        stream_model = _wait_for_model(installation, bearer)
        yield Running(
            plain=Route(installation.gateway_port, PLAIN_MODEL, bearer),
            stream=Route(installation.gateway_port, stream_model, bearer),
            counted=(_gateway_pid(axiom.pid),),
            whole=(axiom.pid,),
            usage_rows=kept.rows,
        )


@contextmanager
def _running(
    installation: _Installation, folder: Path
) -> Iterator[tuple[processes.Program, _Installation]]:
    with processes.started(
        [str(_PYTHON), str(_MANAGE), "run"],
        folder=folder,
        name="axiom",
        environment=installation.environment,
        stop_with=signal.SIGINT,
    ) as axiom:
        for port in (installation.gateway_port, installation.portal_port):
            axiom.wait_until_it_answers(port, "/readyz", timeout_s=_FIRST_START_TIMEOUT_S)
        yield axiom, installation


@contextmanager
def another_gateway(running: Running, folder: Path) -> Iterator[Running]:
    """Start a second gateway process beside the first, with all that the first was told."""
    environment = processes.environment_of(running.counted[0])
    port = processes.free_port()
    with processes.started(
        [str(_PYTHON), "-m", "gateway"],
        folder=_ROOT,
        log=folder / "second.log",
        environment=environment | {"AXIOM_GATEWAY_PORT": str(port)},
    ) as second:
        second.wait_until_it_answers(port, "/readyz", timeout_s=_FIRST_START_TIMEOUT_S)
        yield replace(
            running,
            plain=replace(running.plain, port=port),
            stream=replace(running.stream, port=port),
            counted=(second.pid,),
            whole=(second.pid,),
        )


def _issue_token(installation: _Installation, folder: Path) -> str:
    done = subprocess.run(
        [_PYTHON, _MANAGE, "issue_api_key", "--project", "default", "--name", "bench"],
        cwd=folder,
        env=processes.clean_environment(installation.environment),
        capture_output=True,
        text=True,
        timeout=_COMMAND_TIMEOUT_S,
        check=False,
    )
    token = _TOKEN.search(done.stdout)
    if token is None:
        raise processes.DidNotStart(f"issue_api_key printed no token: {done.stderr[-500:]}")
    return token.group()


def _register(
    installation: _Installation, token: str, name: str, upstream: int, model: str
) -> None:
    provider = {
        "name": name,
        "provider": "custom",
        "baseUrl": f"http://127.0.0.1:{upstream}/v1",
        "apiKey": "bench-upstream-key",
        "defaultModel": model,
    }
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with closing(_connection(installation.portal_port)) as connection:
        connection.request("POST", "/api/v1/ai-providers", json.dumps(provider), headers)
        answer = connection.getresponse()
        said = answer.read()
    if answer.status != _CREATED:
        raise processes.DidNotStart(f"POST /api/v1/ai-providers: {answer.status} {said[:500]!r}")


def _wait_for_model(installation: _Installation, bearer: tuple[tuple[str, str], ...]) -> str:
    """Ask the gateway what it calls the stream's model, until it knows it."""
    ends_at = time.monotonic() + _ROUTE_TIMEOUT_S
    names: list[str] = []
    while time.monotonic() < ends_at:
        names = _model_names(installation.gateway_port, dict(bearer))
        for name in names:
            if name.endswith(f"/{_STREAM_MODEL}"):
                return name
        time.sleep(0.2)
    raise processes.DidNotStart(f"no {_STREAM_MODEL} in the gateway's models: {names}")


def _model_names(port: int, headers: Mapping[str, str]) -> list[str]:
    with closing(_connection(port)) as connection:
        connection.request("GET", "/v1/models", headers=dict(headers))
        listed = json.loads(connection.getresponse().read())
    return [str(model["id"]) for model in listed.get("data", [])]


def _connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def _gateway_pid(supervisor: int) -> int:
    """Find the supervisor's child that is the gateway, by its command line."""
    for stat in processes.running((supervisor,)):
        if stat.parent == supervisor and "-m gateway" in processes.command_line(stat.pid):
            return stat.pid
    raise processes.DidNotStart("the supervisor has no child with `-m gateway` in its command line")
