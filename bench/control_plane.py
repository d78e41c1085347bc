"""Measure what the portal and its worker do in bulk, on an installation of its own.

python -m bench.control_plane

It ends with 1 where a target is missed.

It imports 5,000 catalog models into 50 providers, and tests 200 models at once with 8 worker
threads, at an upstream that takes a second to answer, beside one that never does.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench import processes

PROVIDERS, MODELS_EACH = 50, 100
TESTS, THREADS, ANSWER_AFTER_S = 200, 8, 1.0
LONGEST_S = 180
IMPORT_TARGET_S, TESTS_TARGET_S = 10, 30
KIND = "custom"
ANSWER = (
    b'{"choices":[{"index":0,"message":{"role":"assistant","content":"ok"},'
    b'"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}'
)


class SlowUpstream(BaseHTTPRequestHandler):
    """Answers after a second; below /hangs it never does."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(LONGEST_S if self.path.startswith("/hangs") else ANSWER_AFTER_S)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep the output to what was measured."""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        data = Path(temporary)
        os.environ |= {
            "AXIOM_DATA": str(data),
            "DJANGO_SETTINGS_MODULE": "axiom.settings",
            "AXIOM_LOG_LEVEL": "ERROR",
        }
        set_up()
        import_s = _seconds_of_imports()
        print(f"import {PROVIDERS * MODELS_EACH} models into {PROVIDERS} providers: ", end="")
        print(f"{import_s:.1f} s (target: under {IMPORT_TARGET_S})")
        with _upstream() as port, _worker(data):
            answered_s, beside_s = _seconds_of_tests(port)
        print(f"test {TESTS} models with {THREADS} threads: ", end="")
        print(f"{answered_s:.1f} s (target: under {TESTS_TARGET_S})")
        print(f"one test beside a provider that hangs: {beside_s:.1f} s")
    return int(import_s >= IMPORT_TARGET_S or answered_s >= TESTS_TARGET_S)


def set_up() -> None:
    import django  # noqa: PLC0415 - the environment had to be made first

    from axiom import first_files  # noqa: PLC0415

    first_files.find_socket()
    first_files.ensure()
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    with Path(os.devnull).open("w") as nowhere:
        call_command("setup", stdout=nowhere)


def _seconds_of_imports() -> float:
    from accounts.models import Project  # noqa: PLC0415
    from providers.models import CatalogEntry, Provider  # noqa: PLC0415
    from providers.services.catalog import import_into  # noqa: PLC0415

    CatalogEntry.objects.bulk_create(
        CatalogEntry(
            provider_kind=KIND,
            model_id=f"model-{number}",
            name="",
            kind="chat",
            position=number,
            status="active",
            version="2026-01-01",
        )
        for number in range(MODELS_EACH)
    )
    project = Project.objects.get(slug="default")
    providers = [
        Provider.objects.create(project=project, name=f"Imported {number}", kind=KIND)
        for number in range(PROVIDERS)
    ]
    begun = time.perf_counter()
    for provider in providers:
        import_into(provider)
    return time.perf_counter() - begun


def _seconds_of_tests(port: int) -> tuple[float, float]:
    """Give how long all tests of one provider took, and one of another beside a hanging one."""
    _wait_for(_begin(_provider("First", f"http://127.0.0.1:{port}/v1", 1)))  # the worker is up
    slow = _provider("Slow", f"http://127.0.0.1:{port}/v1", TESTS)
    begun = time.perf_counter()
    _wait_for(_begin(slow))
    answered_s = time.perf_counter() - begun
    _begin(_provider("Hanging", f"http://127.0.0.1:{port}/hangs/v1", THREADS * 2))
    time.sleep(ANSWER_AFTER_S)
    begun = time.perf_counter()
    _wait_for(_begin(_provider("Beside", f"http://127.0.0.1:{port}/v1", 1)))
    return answered_s, time.perf_counter() - begun


def _provider(name: str, base_url: str, models: int) -> int:
    from accounts.models import Project  # noqa: PLC0415
    from providers.models import Provider, ProviderModel  # noqa: PLC0415

    project = Project.objects.get(slug="default")
    provider = Provider.objects.create(project=project, name=name, kind=KIND, base_url=base_url)
    ProviderModel.objects.bulk_create(
        ProviderModel(provider=provider, upstream_id=f"model-{number}", position=number)
        for number in range(models)
    )
    return provider.pk


def _begin(provider: int) -> list[int]:
    from providers import tasks  # noqa: PLC0415
    from providers.models import Operation, ProviderModel  # noqa: PLC0415

    begun = []
    for model in ProviderModel.objects.with_provider().filter(provider=provider):
        operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=None)
        tasks.enqueue(operation)
        begun.append(operation.pk)
    return begun


def _wait_for(operations: list[int]) -> None:
    from providers.models import Operation  # noqa: PLC0415

    ends_at = time.monotonic() + LONGEST_S
    while Operation.objects.unfinished().filter(pk__in=operations).exists():
        if time.monotonic() > ends_at:
            raise TimeoutError(f"not all of {len(operations)} tests ended in {LONGEST_S} s")
        time.sleep(0.1)


@contextmanager
def _upstream() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowUpstream)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()


@contextmanager
def _worker(data: Path) -> Iterator[None]:
    """Start a broker and one worker, as the supervisor would."""
    from axiom.supervisor import broker  # noqa: PLC0415

    socket = broker.prepare(data / "valkey")
    environment = {name: os.environ[name] for name in ("AXIOM_DATA", "DJANGO_SETTINGS_MODULE")}
    environment |= {"AXIOM_REDIS_SOCKET": str(socket), "PYTHONPATH": str(Path.cwd())}
    celery = [sys.executable, "-m", "celery", "--quiet", "--app", "axiom", "worker"]
    work = ["--pool", "threads", "--concurrency", str(THREADS), "--queues", "default,slow"]
    with (
        processes.started(broker.command(data / "valkey", socket), folder=data, name="broker"),
        processes.started([*celery, *work], folder=data, name="worker", environment=environment),
    ):
        yield


if __name__ == "__main__":
    sys.exit(main())
