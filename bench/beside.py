"""The gateways side by side, in front of one upstream."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import machine
from bench.measure import measure
from bench.results import Plan, Report
from bench.subjects import axiom, litellm, nginx, portkey
from bench.subjects.subject import Running, Subject, Upstreams

GATEWAYS = (
    Subject("nginx", nginx.version, nginx.missing, nginx.started_proxy),
    Subject("axiom", axiom.version, axiom.missing, axiom.started),
    Subject("axiom-services", axiom.version, axiom.missing_services, axiom.started_on_services),
    Subject("portkey", portkey.version, portkey.missing, portkey.started),
    Subject("litellm", litellm.version, litellm.missing, litellm.started),
)
NAMES = ("upstream", *(gateway.name for gateway in GATEWAYS))


def run(names: Sequence[str], plan: Plan, *, started_at: str) -> Report:
    """Start the upstream, measure those of `names`, stop everything."""
    facts = machine.facts()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as temporary,
        nginx.started_upstreams(Path(temporary)) as (upstreams, running),
    ):
        subjects = [one for one in (_upstream(running), *GATEWAYS) if one.name in names]
        measured = measure(subjects, plan=plan, upstreams=upstreams, folder=Path(temporary))
    return Report(started_at, facts, machine.generator(), plan, measured)


def _upstream(running: Running) -> Subject:
    """Give the upstream, which runs anyway, a row of its own."""

    @contextmanager
    def start(_folder: Path, _upstreams: Upstreams) -> Iterator[Running]:
        yield running

    return Subject("upstream", nginx.version_of_upstream, lambda: "", start)
