"""LiteLLM's proxy in its fastest form: one process, no database, no budgets, no key check."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import peers, processes
from bench.calls import PLAIN_MODEL, STREAM_MODEL, UPSTREAM_MODEL, Route
from bench.subjects.subject import Running, Upstreams

_START_TIMEOUT_S = 90
_ENVIRONMENT = {
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # nothing is fetched from the internet
    "LITELLM_LOG": "ERROR",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_TELEMETRY": "False",
}


def missing() -> str:
    return "" if peers.installed_litellm() else peers.NOT_INSTALLED


def version() -> str:
    return peers.installed_litellm()


@contextmanager
def started(folder: Path, upstreams: Upstreams) -> Iterator[Running]:
    port = processes.free_port()
    models = [_model(PLAIN_MODEL, upstreams.plain), _model(STREAM_MODEL, upstreams.stream)]
    configuration = folder / "litellm.yaml"
    configuration.write_text(json.dumps({"model_list": models}))  # JSON is YAML
    options = ["--config", str(configuration), "--host", "127.0.0.1", "--port", str(port)]
    command = [str(peers.LITELLM_PROGRAM), *options, "--telemetry", "False"]
    with processes.started(
        command, folder=folder, name="litellm", environment=_ENVIRONMENT
    ) as litellm:
        litellm.wait_until_it_answers(port, "/health/liveliness", timeout_s=_START_TIMEOUT_S)
        roots = (litellm.pid,)
        yield Running(Route(port, PLAIN_MODEL), Route(port, STREAM_MODEL), roots, roots)


def _model(name: str, upstream: int) -> dict[str, object]:
    return {
        "model_name": name,
        "litellm_params": {
            "model": f"openai/{UPSTREAM_MODEL}",
            "api_base": f"http://127.0.0.1:{upstream}/v1",
            "api_key": "bench-upstream-key",
        },
    }
