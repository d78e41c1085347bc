"""Every target by its name, and the ways of keeping rows that it is measured on."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bench.figures import Figure
from bench.load import wrk
from bench.subjects import axiom
from bench.targets import bodies, held, large, memory, scaling, sustained, tenants
from bench.targets.site import Site, Start, opened

Measure = Callable[[Site], Iterator[Figure]]

TARGETS: Final[Mapping[str, Measure]] = {
    "sustained": sustained.measure,
    "bodies": bodies.measure,
    "memory": memory.measure,
    "tenants": tenants.measure,
    "scaling": scaling.measure,
    "held": held.measure,
    "large": large.measure,
}
STORES: Final[Mapping[str, tuple[Start, Callable[[], str]]]] = {
    "embedded": (axiom.started, wrk.missing),
    "services": (axiom.started_on_services, lambda: wrk.missing() or axiom.missing_services()),
}


def measured(name: str, start: Start, *, is_quick: bool) -> list[Figure]:
    """Measure one target on an installation of its own."""
    with opened(start, is_quick=is_quick) as site:
        return list(TARGETS[name](site))
