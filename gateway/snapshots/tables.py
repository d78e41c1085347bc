"""A project's routes as the gateway keeps them: read once, frozen, replaced whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

from providers.kinds.kind import Kind
from providers.kinds.vocabulary import Format
from usage.pricing import Prices


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """One model at one active provider, with all that a call needs but the credential.

    `formats` are those that it can be called in. `edition` is another one whenever its provider,
    its credential or itself was changed by somebody. `context_window` and `max_output` are tokens,
    None where unknown, and no `agent_types` are all of them. One that `is_shared` needs a grant on
    its provider. One that `is_missing` is no longer on its server. Until `dead_until` its provider
    plays dead, on a game day.
    """

    id: str
    upstream_id: str
    provider_pk: int
    provider_id: str
    provider_name: str
    provider_slug: str
    kind: Kind
    formats: frozenset[Format] = frozenset()
    prices: Prices = field(default_factory=Prices)
    created_at: int = 0  # Unix time
    edition: str = ""
    context_window: int | None = None
    max_output: int | None = None
    agent_types: frozenset[str] = frozenset()
    is_enabled: bool = True
    is_down: bool = False
    is_missing: bool = False
    dead_until: float = 0.0  # Unix time
    lacks_terms: bool = False
    is_shared: bool = False

    @property
    def name(self) -> str:
        """How a request names it without any doubt."""
        return f"{self.provider_slug}/{self.upstream_id}"

    @property
    def paths(self) -> tuple[str, ...]:
        """Every way of naming it together with its provider."""
        return (self.name, f"{self.provider_id}/{self.upstream_id}", self.id)

    def as_lent(self) -> Self:
        """Give it as a facade lends it: who may use that needs no grant on its provider."""
        return replace(self, is_shared=False) if self.is_shared else self

    def is_well(self, now: float) -> bool:
        """Tell whether nothing is known against it at this moment of Unix time."""
        return not (self.is_down or self.is_missing) and now >= self.dead_until

    def serves(self, agent_type: str) -> bool:
        """Tell whether it may be chosen by an agent of this type; a key has none."""
        return not (agent_type and self.agent_types) or agent_type in self.agent_types


@dataclass(frozen=True, slots=True)
class Backend:
    """One target that answers under a facade's name: the lowest priority is asked first."""

    target: Target
    priority: int = 1
    weight: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Facade:
    """A name of a project's own, and what answers under it. `backends` are in order."""

    id: str
    slug: str
    backends: tuple[Backend, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What a project's requests may reach, under every name that they may use.

    `default` and `task` are the project's own orders of models, the first to try first.
    """

    targets: tuple[Target, ...] = ()
    default: tuple[Target, ...] = ()
    task: tuple[Target, ...] = ()
    by_path: Mapping[str, tuple[Target, ...]] = field(default_factory=dict, repr=False)
    by_upstream_id: Mapping[str, tuple[Target, ...]] = field(default_factory=dict, repr=False)
    facades: Mapping[str, Facade] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        targets: Iterable[Target],
        *,
        active: str | None = None,
        fallback: str | None = None,
        task: str | None = None,
        is_falling_back: bool = False,
        facades: Iterable[Facade] = (),
    ) -> Self:
        """Index targets by name; the active, the fallback and the task model are given by id.

        While a project is falling back, its fallback comes first. Of two facades of one slug the
        first one counts: give a project's own before the shared ones.
        """
        kept = tuple(targets)
        by_id = {target.id: target for target in kept}
        order = (fallback, active) if is_falling_back else (active, fallback)
        default = [by_id[id_] for id_ in order if id_ in by_id]
        first = [by_id[task]] if task in by_id else []
        return cls(
            targets=kept,
            default=tuple(default),
            task=tuple(dict.fromkeys((*first, *default))),
            by_path=_indexed((path, target) for target in kept for path in target.paths),
            by_upstream_id=_indexed((target.upstream_id, target) for target in kept),
            facades=_by_name(facades),
        )


def _by_name(facades: Iterable[Facade]) -> Mapping[str, Facade]:
    index: dict[str, Facade] = {}
    for facade in facades:
        index.setdefault(facade.slug, facade)
        index[facade.id] = facade
    return MappingProxyType(index)


def _indexed(named: Iterable[tuple[str, Target]]) -> Mapping[str, tuple[Target, ...]]:
    """Several targets under one name are what a request has to be told about."""
    index: dict[str, tuple[Target, ...]] = {}
    for name, target in named:
        index[name] = (*index.get(name, ()), target)
    return MappingProxyType(index)
