"""Which targets answer a request, in order. Pure: a table and a name in, candidates out."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from gateway import misnaming
from gateway.refusals import Refusal
from gateway.routes import By, Need, Obstacle, Seeker
from gateway.snapshots.tables import Backend, Facade, Table, Target
from providers.kinds.vocabulary import Format

DEFAULT_NAMES: Final = frozenset({"", "default", "axiom/default"})
TASK_NAME: Final = "task"

Draw = Callable[[], float]
IsOpen = Callable[[Target, float], bool]  # at a moment of Unix time


class Choosing(NamedTuple):
    """What a choice depends on beside the request: open breakers, the draw between weights, time.

    `draw` gives numbers from 0 up to 1; a constant one puts the heavier first. `now` is Unix time.
    """

    is_open: IsOpen = lambda _target, _now: False
    draw: Draw = random.random
    now: float = 0.0


@dataclass(frozen=True, slots=True)
class Considered:
    """A target that the name led to, and what stands in its way; None for a candidate."""

    target: Target
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """Candidates in the order of their attempts, all that were considered, and any refusal."""

    candidates: tuple[Target, ...]
    considered: tuple[Considered, ...]
    refusal: Refusal | None = None


class _Named(NamedTuple):
    """What a name leads to, in order. One that `is_bare` has to lead to a single target.

    A tuple, for one is made for each call.
    """

    targets: tuple[Target, ...]
    is_bare: bool = False


def candidates(
    table: Table, name: str, seeker: Seeker, need: Need, choosing: Choosing
) -> tuple[Target, ...]:
    """Turn a requested name into the targets to try, best first; never empty.

    Raises NoSuchModel, NotAllowed or BadRequest (several models of that name, none of them speaks
    the format, or the request fits none), each with what to write instead.
    """
    named = _named(table, name, seeker, choosing.draw)
    return _usable(_fitting(named, name, seeker, need), choosing)


def explained(table: Table, name: str, seeker: Seeker, need: Need, choosing: Choosing) -> Explained:
    """Say what `candidates` would do, and why each target is or isn't one; never raises."""
    try:
        named = _named(table, name, seeker, choosing.draw)
    except Refusal as refusal:
        return Explained((), (), refusal)
    met = {target.id: _obstacle(target, seeker, need) for target in named.targets}
    try:
        chosen = _usable(_fitting(named, name, seeker, need), choosing)
    except Refusal as refusal:
        considered = (Considered(target, met[target.id]) for target in named.targets)
        return Explained((), tuple(considered), refusal)
    considered = (
        Considered(
            target,
            None if target in chosen else met[target.id] or _left_out(target, choosing),
        )
        for target in named.targets
    )
    return Explained(chosen, tuple(considered))


def reachable(table: Table, seeker: Seeker, *, wanted: frozenset[Format]) -> tuple[Target, ...]:
    """Return every target that may answer somebody's requests in one of these formats."""
    within = _within_route(table, seeker)
    return tuple(target for target in within if can_answer(target, seeker, wanted=wanted))


def can_answer(target: Target, seeker: Seeker, *, wanted: frozenset[Format]) -> bool:
    """Tell whether a target may answer somebody's requests in one of these formats."""
    return (
        target.is_enabled
        and not wanted.isdisjoint(target.formats)
        and seeker.may_call(target)
        and target.serves(seeker.agent_type)
        and not target.lacks_terms
    )


def known_names(table: Table, seeker: Seeker) -> Iterable[str]:
    """Give what somebody may name, to compare a mistyped name with."""
    yield from (f.slug for f in table.facades.values() if seeker.may_use(f))
    yield from (target.name for target in table.targets if seeker.may_call(target))


def _within_route(table: Table, seeker: Seeker) -> Iterable[Target]:
    match seeker.route.by:
        case By.NAME:
            return table.targets
        case By.DEFAULT:
            return table.task
        case By.PIN:
            return table.by_path.get(seeker.route.to, ())
        case By.FACADE:
            facade = table.facades.get(seeker.route.to)
            is_open = facade is not None and seeker.may_use(facade)
            return (backend.target for backend in facade.backends) if facade and is_open else ()


def _named(table: Table, name: str, seeker: Seeker, draw: Draw) -> _Named:
    if seeker.route.by is not By.NAME:
        return _routed(table, name, seeker, draw)
    if name in DEFAULT_NAMES or name == TASK_NAME:
        return _ordered(table, name)
    return _by_name(table, name, seeker, draw)


def _routed(table: Table, name: str, seeker: Seeker, draw: Draw) -> _Named:
    """Give what somebody's calls lead to, whatever they name."""
    route = seeker.route
    if route.by is By.PIN:
        pinned = table.by_path.get(route.to)
        if not pinned:
            raise misnaming.gone("The model that this agent is pinned to")
        return _Named(pinned)
    if route.by is By.FACADE:
        facade = table.facades.get(route.to)
        if facade is None:
            raise misnaming.gone("The model that this agent is routed to")
        return _behind(facade, facade.slug, seeker, draw)
    return _ordered(table, name)


def _ordered(table: Table, name: str) -> _Named:
    """Give the project's own order of models."""
    order = table.task if name == TASK_NAME else table.default
    if not order:
        raise misnaming.without_active_model()
    return _Named(order)


def _by_name(table: Table, name: str, seeker: Seeker, draw: Draw) -> _Named:
    facade = table.facades.get(name)
    if facade is not None:
        return _behind(facade, name, seeker, draw)
    exact = table.by_path.get(name)
    found = exact or table.by_upstream_id.get(name, ())
    if not found:
        raise misnaming.unknown(name, known_names(table, seeker))
    return _Named(found, is_bare=True)


def _behind(facade: Facade, name: str, seeker: Seeker, draw: Draw) -> _Named:
    if not seeker.may_use(facade):
        raise misnaming.not_allowed(name)
    if not facade.backends:
        raise misnaming.without_backends(name)
    return _Named(_in_turn(facade.backends, draw))


def _in_turn(backends: Sequence[Backend], draw: Draw) -> tuple[Target, ...]:
    """Order by priority, and within one at random: twice the weight comes first twice as often."""
    order: list[Target] = []
    for _, equals in groupby(sorted(backends, key=attrgetter("priority")), attrgetter("priority")):
        drawn = [(draw() ** (1 / max(one.weight, 1)), one.target) for one in equals]
        drawn.sort(key=lambda pair: pair[0], reverse=True)
        order += (target for _, target in drawn)
    return tuple(order)


def _fitting(named: _Named, name: str, seeker: Seeker, need: Need) -> tuple[Target, ...]:
    """Keep those that could answer if all was well with them; raises what stands in the way."""
    met = [_obstacle(target, seeker, need) for target in named.targets]
    if not any(met):
        fitting = named.targets
    else:
        fitting = tuple(
            one for one, obstacle in zip(named.targets, met, strict=True) if not obstacle
        )
    if not fitting:
        raise _closest_refusal(named.targets, met, need, name=name)
    if named.is_bare and len(fitting) > 1:
        raise misnaming.ambiguous(name, fitting)
    return fitting


def _closest_refusal(
    targets: tuple[Target, ...], met: Sequence[Obstacle | None], need: Need, *, name: str
) -> Refusal:
    """Say what the target that came furthest was left out for."""
    pairs = zip(targets, met, strict=True)
    target, obstacle = max(pairs, key=lambda pair: _FURTHER[pair[1]])
    return misnaming.refused(target, obstacle or Obstacle.NOT_ALLOWED, need, name=name)


_FURTHER: Final = {obstacle: position for position, obstacle in enumerate((None, *Obstacle))}


def _obstacle(target: Target, seeker: Seeker, need: Need) -> Obstacle | None:
    """Find what keeps a target from answering, whatever its health."""
    if not target.is_enabled:
        return Obstacle.DISABLED
    if not seeker.may_call(target):
        return Obstacle.NOT_ALLOWED
    if not target.serves(seeker.agent_type):
        return Obstacle.AGENT_TYPE
    if target.lacks_terms:
        return Obstacle.TERMS
    if need.format not in target.formats:
        return Obstacle.FORMAT
    return None if need.fits(target.context_window) else Obstacle.CONTEXT_WINDOW


def _usable(fitting: tuple[Target, ...], choosing: Choosing) -> tuple[Target, ...]:
    """Leave out open breakers, then what is down or gone: but never the last that is left.

    With every breaker open the first that is well is tried anyway.
    """
    if len(fitting) == 1:
        return fitting
    is_open, now = choosing.is_open, choosing.now
    closed = [target for target in fitting if not is_open(target, now)]
    return _well(closed, now) if closed else _well(fitting, now)[:1]


def _well(targets: Sequence[Target], now: float) -> tuple[Target, ...]:
    return tuple([target for target in targets if target.is_well(now)] or targets[:1])


def _left_out(target: Target, choosing: Choosing) -> Obstacle:
    if choosing.is_open(target, choosing.now):
        return Obstacle.BREAKER_OPEN
    return Obstacle.MISSING if target.is_missing and not target.is_down else Obstacle.DOWN
