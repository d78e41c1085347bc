"""Work that a worker left behind: given to the next one, or told as failed."""

from collections.abc import Iterable
from datetime import datetime

from providers.models import Operation


def left_by(worker: str, *, now: datetime) -> list[Operation]:
    """Make ready what an earlier life of `worker` had begun."""
    return _ready(Operation.objects.orphans_of(worker), now=now)


def abandoned(*, now: datetime) -> list[Operation]:
    """Make ready what no living worker can still be at, and what nobody has come for."""
    begun = _ready(Operation.objects.abandoned(now=now), now=now)
    waiting = [
        operation
        for lane in Operation.objects.stalled_lanes(now=now)
        for operation in Operation.objects.next_in(lane, now=now)
    ]
    return begun + [operation for operation in waiting if operation not in begun]


def _ready(operations: Iterable[Operation], *, now: datetime) -> list[Operation]:
    return [operation for operation in operations if operation.queue_again(now=now)]
