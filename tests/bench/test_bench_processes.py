import os
import sys

import pytest

from bench import processes
from bench.processes import ProcessStat

STAT = (
    "4242 (a (strange) name) S 17 4242 4242 0 -1 4194560 900 800 0 0 "
    "150 50 30 20 20 0 3 0 12345 100000000 2500 18446744073709551615 0 0 0"
)


def test_a_stat_line_is_read_past_a_command_with_parentheses():
    stat = processes.parse_stat(STAT)

    assert (stat.pid, stat.parent) == (4242, 17)
    assert stat.cpu_s == pytest.approx(250 / os.sysconf("SC_CLK_TCK"))
    assert stat.resident_mb == pytest.approx(2500 * os.sysconf("SC_PAGE_SIZE") / 1e6)


def test_a_tree_holds_the_roots_and_all_below_them_and_nobody_else():
    parents = {1: 0, 10: 1, 11: 10, 12: 11, 20: 1, 21: 20, 30: 1}
    stats = [ProcessStat(pid, parent, 1.0, 1.0) for pid, parent in reversed(parents.items())]

    inside = processes.tree(stats, (10, 20))

    assert {stat.pid for stat in inside} == {10, 11, 12, 20, 21}


def test_our_own_process_has_memory_and_a_command_line():
    pid = os.getpid()

    assert processes.resident_mb((pid,)) > 1
    assert "py" in processes.command_line(pid)


def test_a_program_gets_no_variable_that_could_configure_it_by_accident(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere")

    environment = processes.clean_environment({"AXIOM_DATA": "here"})

    assert "DATABASE_URL" not in environment
    assert environment["AXIOM_DATA"] == "here"
    assert environment["PATH"] == os.environ["PATH"]


def test_a_program_that_ends_instead_of_answering_shows_the_end_of_its_log(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit('the port is taken')"]

    with (
        processes.started(command, folder=tmp_path, name="broken") as program,
        pytest.raises(processes.DidNotStart, match=r"ended with 1:\n    the port is taken"),
    ):
        program.wait_until_it_answers(processes.free_port(), "/", timeout_s=30)


def test_a_program_is_ended_with_its_children(tmp_path):
    child = "import time; print('up', flush=True); time.sleep(600)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"

    with processes.started([sys.executable, "-c", parent], folder=tmp_path, name="tree") as program:
        while "up" not in program.log.read_text():
            assert program.process.poll() is None
        below = [stat.pid for stat in processes.running((program.pid,))]

    assert len(below) == 2
    while any(processes.command_line(pid) for pid in below):
        pass  # killed, and about to be gone; a survivor runs into the test's time limit
