"""Targets and tables for tests that need no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateway.routes import BY_NAME, Route
from gateway.snapshots.tables import Facade, Table, Target
from providers.kinds.registry import kind_for
from usage.pricing import Prices


def make_target(
    path: str, *, kind: str = "custom", prices: Prices | None = None, **fields: Any
) -> Target:
    """Make a target of `provider/model`; its ids say the same."""
    provider, _, model = path.partition("/")
    row = kind_for(kind)
    return Target(
        id=f"apm_{provider}_{model}",
        upstream_id=model,
        provider_pk=sum(provider.encode()),
        provider_id=f"aip_{provider}",
        provider_name=provider.title(),
        provider_slug=provider,
        kind=row,
        formats=row.formats if row.is_available else frozenset(),
        prices=prices or Prices(),
        **fields,
    )


def make_table(
    *paths: str, active: str = "", fallback: str = "", task: str = "", **fields: Any
) -> Table:
    """Make a table of targets; the three are named by their paths."""
    return table_of(map(make_target, paths), active, fallback, task, **fields)


def table_of(
    targets: Iterable[Target], active: str = "", fallback: str = "", task: str = "", **fields: Any
) -> Table:
    ids = [f"apm_{path.replace('/', '_', 1)}" for path in (active, fallback, task)]
    return Table.of(targets, active=ids[0], fallback=ids[1], task=ids[2], **fields)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A caller for the pure rules; None lets it call and use everything."""

    allowed: frozenset[str] | None = None
    granted: frozenset[str] | None = None
    route: Route = BY_NAME
    agent_type: str = ""

    def may_call(self, target: Target) -> bool:
        return self.allowed is None or target.name in self.allowed

    def may_use(self, facade: Facade) -> bool:
        return self.granted is None or facade.slug in self.granted
