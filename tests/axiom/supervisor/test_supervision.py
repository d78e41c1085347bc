"""The supervisor as a program of its own, with tiny parts."""

import os
import select
import signal
import socket
from pathlib import Path

import pytest

from axiom.supervisor.parts import DRAIN_S, GRACE_S, Installation, parts_of
from gateway.bounds import Bounds

pytestmark = pytest.mark.embedded

WAITS = "import signal; print('waits', flush=True); signal.pause()"
IGNORES_TERM = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('deaf', flush=True)
while True:
    signal.pause()
"""
TAKES_ITS_TIME = """
import signal, sys, time
def end(*_):
    time.sleep(4)
    print('drained', flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print('begun', flush=True)
signal.pause()
"""
HAS_A_CHILD = """
import signal, subprocess, sys
child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])
print('child', child.pid, flush=True)
signal.pause()
"""
WRITES_A_LOT = """
import signal
for _ in range(2000):
    print('{0}' * 200)
print('written', flush=True)
signal.pause()
"""
ANSWERS = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404)
        self.end_headers()
http.server.HTTPServer(('127.0.0.1', {port}), Page).serve_forever()
"""


def pid_of(data_dir, name):
    return int((data_dir / "run" / f"{name}.pid").read_text())


def await_end(pid):
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([descriptor], [], [], 60)
        assert ended, f"{pid} still runs"
    finally:
        os.close(descriptor)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_each_line_carries_the_name_of_its_part(small_start):
    running = small_start([{"name": "one", "code": WAITS}, {"name": "other", "code": WAITS}])

    running.line_with("waits")
    running.line_with("waits")
    running.stop()

    assert "one   | waits" in running.heard
    assert "other | waits" in running.heard


def test_lines_of_two_parts_never_mix(small_start):
    running = small_start([{"name": name, "code": WRITES_A_LOT.format(name)} for name in "ab"])

    running.has_said("a     | written", "b     | written")
    running.stop()

    whole = {f"{name}     | {name * 200}" for name in "ab"}
    assert sum(line in whole for line in running.heard) == 4000


def test_a_part_that_floods_the_log_can_be_stopped(small_start):
    running = small_start([{"name": "one", "code": "while True: print('more ' * 100)"}])
    running.line_with("more")

    assert running.stop() == 0


def test_the_last_words_of_a_part_are_heard(small_start):
    code = "import sys; sys.stdout.write('x' * 5000 + chr(10)); sys.stdout.write('last words')"
    running = small_start([{"name": "one", "code": code}])

    running.line_with("last words")


def test_colours_stay_out_of_a_pipe(small_start):
    running = small_start([{"name": "one", "code": WAITS}])

    running.line_with("waits")
    running.stop()

    assert not any("\x1b" in line for line in running.heard)


def test_control_characters_of_a_part_are_shown_not_sent(small_start):
    code = "print('a\\x1b[2Jb\\rc', flush=True); import signal; signal.pause()"
    running = small_start([{"name": "one", "code": code}])

    running.line_with("a\\x1b[2Jb\\x0dc")

    assert running.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_cleanly(small_start, tmp_path, number):
    running = small_start([{"name": "one", "code": WAITS}, {"name": "two", "code": WAITS}])
    running.line_with("waits")
    running.line_with("waits")
    pids = [pid_of(tmp_path, "one"), pid_of(tmp_path, "two")]

    status = running.stop(number)

    assert status == 0
    for pid in pids:
        await_end(pid)
    assert not (tmp_path / "run" / "one.pid").exists()


def test_a_part_that_ignores_the_signal_is_killed(small_start, tmp_path):
    running = small_start([{"name": "one", "code": WAITS}, {"name": "two", "code": IGNORES_TERM}])
    running.line_with("deaf")
    pid = pid_of(tmp_path, "two")

    status = running.stop()

    assert status == 0
    await_end(pid)


def test_a_part_may_take_longer_to_end_than_others(small_start):
    row = {"name": "two", "code": TAKES_ITS_TIME, "grace_s": "60"}
    running = small_start([{"name": "one", "code": WAITS}, row])
    running.line_with("begun")

    assert running.stop() == 0
    assert any("drained" in line for line in running.heard)


@pytest.mark.parametrize("drain_s", [2, 60])
def test_the_gateway_is_waited_for_as_long_as_it_drains(drain_s):
    here = Installation(Path("/data"), "localhost", "127.0.0.1", 1, 2, None, drain_s)
    gateway = next(part for part in parts_of(here) if part.name == "gateway")

    assert gateway.grace_s == pytest.approx(GRACE_S - DRAIN_S + drain_s)
    assert Bounds().drain_s == DRAIN_S


def test_a_part_that_dies_is_said_and_started_again(small_start, tmp_path):
    running = small_start([{"name": "one", "code": WAITS}])
    running.line_with("waits")

    os.kill(pid_of(tmp_path, "one"), signal.SIGKILL)

    running.line_with("one was killed by SIGKILL; it is started again in 0.5 s.")
    running.line_with("waits")


def test_the_children_of_a_dead_part_end_with_it(small_start, tmp_path):
    running = small_start([{"name": "one", "code": HAS_A_CHILD}])
    child = int(running.line_with("child").split()[-1])

    os.kill(pid_of(tmp_path, "one"), signal.SIGKILL)

    await_end(child)


def test_a_part_that_keeps_dying_stops_the_whole_with_its_last_lines(small_start):
    rows = [
        {"name": "one", "code": WAITS},
        {"name": "two", "code": "import sys; sys.exit('no such table')"},
    ]
    running = small_start(rows)

    status = running.ended()

    assert status == 1
    reported = running.heard.index("axiom | two keeps dying, so everything stops. Its last lines:")
    assert "axiom |   no such table" in running.heard[reported:]
    assert running.heard.count("two   | no such table") == 5


def test_the_parts_end_with_a_supervisor_that_is_killed(small_start, tmp_path):
    rows = [{"name": "one", "code": HAS_A_CHILD}, {"name": "two", "code": IGNORES_TERM}]
    running = small_start(rows)
    running.has_said("child", "deaf")
    child = next(int(line.split()[-1]) for line in running.heard if "child" in line)
    pids = [pid_of(tmp_path, "one"), pid_of(tmp_path, "two"), child]

    running.popen.kill()

    for pid in pids:
        await_end(pid)


def test_readiness_is_said_once_a_part_answers(small_start):
    port = free_port()
    row = {"name": "one", "code": ANSWERS.format(port=port), "port": str(port)}

    running = small_start([row])

    assert f"one http://127.0.0.1:{port}" in running.line_with("Ready after")


def test_a_second_supervisor_on_the_same_data_is_refused(small_start):
    first = small_start([{"name": "one", "code": WAITS}])
    first.line_with("waits")

    second = small_start([{"name": "one", "code": WAITS}])

    assert second.ended() == 1
    assert f"(process {first.popen.pid})" in second.heard[-1]


def test_a_start_after_a_kill_waits_for_the_old_parts(small_start, tmp_path):
    first = small_start([{"name": "one", "code": IGNORES_TERM}])
    first.line_with("deaf")
    old = pid_of(tmp_path, "one")
    first.popen.kill()
    first.ended()

    second = small_start([{"name": "one", "code": WAITS}])

    second.line_with("waits")
    await_end(old)
    assert pid_of(tmp_path, "one") != old


def test_a_supervisor_whose_reader_leaves_stops(small_start, tmp_path):
    code = "import time\nwhile True: print('more', flush=True); time.sleep(0.01)"
    running = small_start([{"name": "one", "code": code}])
    running.line_with("more")
    pid = pid_of(tmp_path, "one")

    reading = running.popen.stdout.fileno()
    os.dup2(os.open(os.devnull, os.O_RDONLY), reading)

    assert running.popen.wait(timeout=60) == 0
    await_end(pid)
