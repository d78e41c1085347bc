"""What would become of a call: the gateway's own rules, with those of its caller's limits. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from gateway.callers import Caller
from gateway.claiming import payable
from gateway.refusals import ModelUnpriced
from gateway.routes import Need, Obstacle
from gateway.routing import Choosing, Considered, Explained, explained
from gateway.snapshots.tables import Table, Target


def foretold(table: Table, name: str, caller: Caller, need: Need, choosing: Choosing) -> Explained:
    """Say which targets would be tried, and why no others; never raises.

    How much of the limits is used up is not asked: that is another thing a moment later.
    """
    told = explained(table, name, caller, need, choosing)
    try:
        left = payable(told.candidates, caller.limits)
    except ModelUnpriced as refusal:
        return Explained((), _left_out(told, ()), refusal)
    return replace(told, candidates=left, considered=_left_out(told, left))


def _left_out(told: Explained, left: Iterable[Target]) -> tuple[Considered, ...]:
    unpriced = {target.id for target in told.candidates} - {target.id for target in left}
    return tuple(
        replace(one, obstacle=Obstacle.UNPRICED) if one.target.id in unpriced else one
        for one in told.considered
    )
