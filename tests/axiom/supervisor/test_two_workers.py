"""Two real workers and one provider to check; one of them is killed in the middle."""

import json
import sqlite3
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from axiom.supervisor.parts import Installation, parts_of

pytestmark = pytest.mark.embedded

PATIENCE_S = 60.0
# A provider that was never checked, and two tasks that check it: one for each worker.
PREPARED = """
import os
from django.utils import timezone
from accounts.models import Project
from providers.models import Provider
from providers.tasks import check_provider
project = Project.objects.get()
made, _ = Provider.objects.get_or_create(
    project=project, name="Held AI", kind="custom", base_url=os.environ["UPSTREAM"]
)
Provider.objects.filter(pk=made.pk).ask_check(now=timezone.now())
for _ in range(2):
    check_provider.apply_async(kwargs={"provider_id": made.pk})
"""
LEASE_IS_OVER = "UPDATE providers_provider SET health_lease_until = '2026-01-01 00:00:00'"


class Upstream:
    """Lists a model, once it may; counts who asked, and how many at a time."""

    def __init__(self) -> None:
        self.asked = 0
        self.most_at_once = 0
        self.may_answer = threading.Event()
        self._waiting = 0
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self) -> None:
        with self._changed:
            self.asked += 1
            self._waiting += 1
            self.most_at_once = max(self.most_at_once, self._waiting)
            self._changed.notify_all()
        self.may_answer.wait(PATIENCE_S)
        with self._changed:
            self._waiting -= 1

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.asked >= count, PATIENCE_S)

    def stop(self) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()


def _handler_for(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            upstream.take()
            body = json.dumps({"object": "list", "data": [{"id": "a-model"}]}).encode()
            try:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # the worker that asked was killed

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def upstream():
    server = Upstream()
    yield server
    server.stop()


def worker_command(name):
    here = Installation(Path("/nowhere"), "localhost", "127.0.0.1", 1, 2, None)
    command = {part.name: part.command for part in parts_of(here)}["worker"]
    return [*command, "--hostname", f"{name}@here"]


def rows(folder, query):
    with closing(sqlite3.connect(folder / "db.sqlite3", timeout=10)) as connection, connection:
        return connection.execute(query).fetchall()


def the_one_that_found_it_taken(workers):
    """Give the worker whose task has ended while the other one's waits for an answer."""
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        for worker in workers:
            if any("check_provider" in line and "succeeded" in line for line in worker.heard):
                return worker
        time.sleep(0.05)
    raise AssertionError([worker.heard for worker in workers])


def test_one_worker_checks_and_its_death_changes_nothing(
    programs, start_broker, set_up, manage, upstream
):
    start_broker(set_up / "valkey")
    environment = {"AXIOM_DATA": str(set_up)}
    workers = [programs(worker_command(name), environment) for name in ("first", "second")]
    for worker in workers:
        worker.line_with("ready.")
    assert manage("shell", "-c", PREPARED, UPSTREAM=upstream.address).ended() == 0
    upstream.wait_for(1)
    heir = the_one_that_found_it_taken(workers)
    [busy] = [worker for worker in workers if worker is not heir]

    busy.popen.kill()
    busy.ended()

    assert upstream.asked == upstream.most_at_once == 1
    assert rows(set_up, "SELECT 1 FROM providers_healthcheck") == []
    assert rows(set_up, "SELECT health FROM providers_provider") == [("unknown",)]
    rows(set_up, LEASE_IS_OVER)
    upstream.may_answer.set()
    assert manage("shell", "-c", PREPARED, UPSTREAM=upstream.address).ended() == 0
    upstream.wait_for(2)
    assert heir.stop() == 0
    assert rows(set_up, "SELECT state FROM providers_healthcheck") == [("reachable",)]
    assert upstream.asked == 2
