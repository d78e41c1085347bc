import signal
import subprocess
import sys

import pytest

from axiom.supervisor.reaper import end_groups, groups_left

pytestmark = pytest.mark.embedded

WAITS = "import signal; print(flush=True); signal.pause()"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAITS


@pytest.fixture
def group():
    started = []

    def start(code):
        command = [sys.executable, "-c", code]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        process.stdout.readline()
        process.stdout.close()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_group_that_ended_is_left_alone():
    assert groups_left(["+12\n", "+34\n", "-12\n"]) == {34}


def test_every_group_is_asked_to_end(group):
    one, two = group(WAITS), group(WAITS)

    end_groups({one.pid, two.pid}, grace_s=0.1)

    assert one.wait(timeout=30) == two.wait(timeout=30) == -signal.SIGTERM


def test_a_deaf_group_is_killed(group):
    deaf = group(DEAF)

    end_groups({deaf.pid}, grace_s=0.1)

    assert deaf.wait(timeout=30) == -signal.SIGKILL


def test_a_group_that_is_gone_already_is_no_error(group):
    gone = group(WAITS)
    gone.kill()
    gone.wait()

    end_groups({gone.pid}, grace_s=0.1)
