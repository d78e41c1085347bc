"""`manage.py run` with the real parts."""

import http.client
import os
import signal
import socket
from pathlib import Path

import pytest

pytestmark = pytest.mark.embedded

PARTS = {"broker", "portal", "gateway", "worker", "slow", "scheduler"}


@pytest.fixture
def ports():
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        found = [one.getsockname()[1], other.getsockname()[1]]
    return {"AXIOM_PORTAL_PORT": str(found[0]), "AXIOM_GATEWAY_PORT": str(found[1])}


def status_of(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_one_command_starts_every_part_and_ctrl_c_stops_it(manage, ports, tmp_path):
    running = manage("run", **ports)

    running.line_with("Ready after")
    statuses = [
        status_of(ports["AXIOM_PORTAL_PORT"], "/admin/login/"),
        status_of(ports["AXIOM_GATEWAY_PORT"], "/healthz"),
    ]
    pids = {path.stem for path in (tmp_path / "data" / "run").glob("*.pid")}
    stopped = running.stop(signal.SIGINT)

    assert statuses == [200, 200]
    assert pids == PARTS | {"axiom"}
    assert stopped == 0
    assert not any("Traceback" in line for line in running.heard)


def test_a_broker_that_dies_comes_back_and_the_worker_finds_it_again(manage, ports, tmp_path):
    running = manage("run", **ports)
    running.has_said("Ready after", "worker    | ")
    broker = int((tmp_path / "data" / "run" / "broker.pid").read_text())

    os.kill(broker, signal.SIGKILL)

    running.line_with("broker was killed by SIGKILL; it is started again in 0.5 s.")
    assert running.stop() == 0


def test_a_taken_port_is_refused_before_anything_is_started(manage, ports, tmp_path):
    with socket.socket() as held:
        held.bind(("127.0.0.1", int(ports["AXIOM_PORTAL_PORT"])))
        held.listen()

        refused = manage("run", **ports)

        assert refused.ended() == 1
    said = f"Port {ports['AXIOM_PORTAL_PORT']} is taken. Set AXIOM_PORTAL_PORT to another one."
    assert refused.heard == [f"Axiom can't start: {said}"]
    assert not (tmp_path / "data" / "db.sqlite3").exists()


def test_a_data_folder_with_a_long_name_works_too(manage, ports, tmp_path):
    folder = tmp_path / ("long" * 30)

    running = manage("run", **ports, AXIOM_DATA=str(folder))

    running.line_with("Ready after")
    assert running.stop() == 0
    short = (folder / "valkey" / "socket-folder").read_text().strip()
    Path(short).rmdir()
