"""The upstream itself, and what a proxy in C does in front of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import processes
from bench.calls import (
    CHAT_PATH,
    MODELS_PATH,
    PLAIN_MODEL,
    STREAM_MODEL,
    Route,
    model_list,
    plain_answer,
)
from bench.subjects.subject import Running, Upstreams

_START_TIMEOUT_S = 10
_FOREVER = 1_000_000_000

_FRAME = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests {forever};
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    client_max_body_size 64m;
    client_body_buffer_size 256k;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {servers}
}}
"""
_ANSWERING = """
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location = /alive {{ return 200; }}
        default_type application/json;
        location = {chat_path} {{ return 200 '{answer}'; }}
        location = {models_path} {{ return 200 '{models}'; }}
    }}
"""
_FORWARDING = """
    upstream to_{upstream} {{
        server 127.0.0.1:{upstream};
        keepalive 256;
        keepalive_requests {forever};
    }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location = /alive {{ return 200; }}
        location / {{
            proxy_pass http://to_{upstream};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering {buffering};
        }}
    }}
"""


def missing() -> str:
    return "" if shutil.which("nginx") else "not installed: apt-get install nginx-light"


def version() -> str:
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False).stderr
    return said.strip().rpartition("/")[2]


def version_of_upstream() -> str:
    return "our own server in Python (nginx is missing)" if missing() else f"nginx {version()}"


@contextmanager
def started_proxy(folder: Path, upstreams: Upstreams) -> Iterator[Running]:
    """Forward with a pool of kept connections; answers buffered, streams passed on as they come."""
    plain, stream = processes.free_port(), processes.free_port()
    servers = _FORWARDING.format(
        port=plain, upstream=upstreams.plain, forever=_FOREVER, buffering="on"
    ) + _FORWARDING.format(
        port=stream, upstream=upstreams.stream, forever=_FOREVER, buffering="off"
    )
    with _started_nginx(folder, servers, port=plain) as pid:
        yield Running(Route(plain, PLAIN_MODEL), Route(stream, STREAM_MODEL), (pid,), (pid,))


@contextmanager
def started_upstreams(folder: Path) -> Iterator[tuple[Upstreams, Running]]:
    """Start what everybody is put in front of.

    The plain answer comes from nginx; where nginx is missing, from our own slower server.
    """
    stream_folder = folder / "stream"
    stream_folder.mkdir()
    port = processes.free_port()
    command = [sys.executable, "-m", "bench.upstream", str(port)]
    root = str(Path(__file__).parents[2])
    with processes.started(
        command, folder=stream_folder, name="stream", environment={"PYTHONPATH": root}
    ) as stream:
        stream.wait_until_it_answers(port, CHAT_PATH, timeout_s=_START_TIMEOUT_S)
        if missing():
            yield _as_subject(Upstreams(port, port), stream.pid)
            return
        plain = processes.free_port()
        servers = _ANSWERING.format(
            port=plain,
            chat_path=CHAT_PATH,
            answer=plain_answer().decode(),
            models_path=MODELS_PATH,
            models=model_list().decode(),
        )
        with _started_nginx(folder, servers, port=plain) as pid:
            yield _as_subject(Upstreams(plain, port), pid)


def _as_subject(upstreams: Upstreams, pid: int) -> tuple[Upstreams, Running]:
    plain = Route(upstreams.plain, PLAIN_MODEL)
    return upstreams, Running(plain, Route(upstreams.stream, STREAM_MODEL), (pid,), (pid,))


@contextmanager
def _started_nginx(folder: Path, servers: str, *, port: int) -> Iterator[int]:
    # Without this its worker would leave root and lose the folder, which is ours alone.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _FRAME.format(folder=folder, user=user, servers=servers, forever=_FOREVER)
    )
    command = ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(configuration)]
    with processes.started(command, folder=folder, name="nginx") as nginx:
        nginx.wait_until_it_answers(port, "/alive", timeout_s=_START_TIMEOUT_S)
        yield nginx.pid
