"""Measure the list of providers and its fragments, as the portal renders them.

python -m bench.provider_list

An installation of its own with 200 providers of 20 models; each page is asked for in this process,
through every middleware, and timed at the processor too, which a busy machine moves least.
It ends with 1 where the processor's time or the queries miss their target.
"""

import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from django.test import Client

PROVIDERS, MODELS_EACH = 200, 20
ROUNDS = 15
LIST_TARGET_MS, FRAGMENT_TARGET_MS, MOST_QUERIES = 400, 50, 20
LIST = "/admin/providers/provider/"


LISTS = ("the list", "searched")


class Measured(NamedTuple):
    """What one page took, in the median."""

    wall_ms: float
    processor_ms: float
    queries: int
    size: int
    compressed: int


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        os.environ |= {
            "AXIOM_DATA": temporary,
            "DJANGO_SETTINGS_MODULE": "axiom.settings",
            "AXIOM_LOG_LEVEL": "ERROR",
            "ALLOWED_HOSTS": "testserver,127.0.0.1",
            "AXIOM_HTTPS": "off",
        }
        from bench.control_plane import set_up  # noqa: PLC0415 - the environment had to be made first

        set_up()
        client = _signed_in()
        print(f"{PROVIDERS} providers of {MODELS_EACH} models, {ROUNDS} rounds each:")
        met = [_meets(name, _measured(client, at)) for name, at in _furnish().items()]
    return int(not all(met))


def _signed_in() -> "Client":
    from django.test import Client  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415

    client = Client()
    client.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def _furnish() -> dict[str, str]:
    """Fill the project, and give the addresses to measure."""
    from accounts.models import Project  # noqa: PLC0415
    from providers.models import Operation, Provider, ProviderModel  # noqa: PLC0415

    project = Project.objects.get(slug="default")
    for number in range(PROVIDERS):
        provider = Provider.objects.create(
            project=project, name=f"Provider {number}", kind="openai"
        )
        ProviderModel.objects.bulk_create(
            ProviderModel(
                provider=provider,
                upstream_id=f"model-{position}",
                position=position,
                input_price=2,
                output_price=10,
            )
            for position in range(MODELS_EACH)
        )
    model = ProviderModel.objects.latest("pk")
    operation = Operation.start(Operation.Verb.TEST_MODEL, model, by=None)
    operation.finish(Operation.State.SUCCEEDED, message="It answered.")
    return {
        "the list": LIST,
        "searched": f"{LIST}?q=provider+19",
        "a provider's menu": f"{LIST}{model.provider.public_id}/menu/",
        "a model's menu": f"/admin/providers/providermodel/{model.public_id}/menu/",
        "a badge": f"/admin/providers/operation/badges/?of={operation.public_id}",
    }


def _meets(name: str, measured: Measured) -> bool:
    """Print what a page took, and say whether it met the targets; fragments have their own."""
    target_ms = LIST_TARGET_MS if name in LISTS else FRAGMENT_TARGET_MS
    size = f"{measured.size / 1000:.0f} KB, {measured.compressed / 1000:.1f} compressed"
    times = f"{measured.wall_ms:6.0f} ms, {measured.processor_ms:.0f} of the processor"
    print(f"  {name:<18}{times} (target: under {target_ms}); ", end="")
    print(f"{measured.queries} queries (target: at most {MOST_QUERIES}); {size}")
    return measured.processor_ms < target_ms and measured.queries <= MOST_QUERIES


def _measured(client: "Client", address: str) -> Measured:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    def ask() -> bytes:
        answer = client.get(address, headers={"HX-Request": "true"})
        if answer.status_code != 200:  # noqa: PLR2004
            raise RuntimeError(f"{address} answered {answer.status_code}")
        return answer.content

    body = ask()
    with CaptureQueriesContext(connection) as queries:
        ask()
    asked = len(queries)
    wall_ms, processor_ms = _medians(ask)
    return Measured(wall_ms, processor_ms, asked, len(body), len(gzip.compress(body)))


def _medians(ask: Callable[[], object]) -> tuple[float, float]:
    walls, processors = [], []
    for _ in range(ROUNDS):
        wall, processor = time.perf_counter(), time.process_time()
        ask()
        walls.append((time.perf_counter() - wall) * 1000)
        processors.append((time.process_time() - processor) * 1000)
    return statistics.median(walls), statistics.median(processors)


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    sys.exit(main())
