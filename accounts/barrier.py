"""What was taken away works nowhere any more: wait until every process that remembers has seen it.

A process that does not confirm within the patience is named, in the log, in the header
`x-axiom-unconfirmed` of the answer, and as a warning on the next page: the change itself stands,
and that process sees it with its next look, or it is dead.
"""

import logging
import time
from contextvars import ContextVar
from typing import Final

from django.db import DatabaseError
from django.utils import timezone

LONGEST_S: Final = 2.0
_LOOK_EVERY_S: Final = 0.02

logger = logging.getLogger(__name__)

_unconfirmed: ContextVar[tuple[str, ...]] = ContextVar("unconfirmed", default=())


def wait() -> None:
    """Wait for the epoch as it stands, at most for the patience; never raises."""
    from accounts.models.epoch import Epoch  # noqa: PLC0415 - it stands on this

    try:
        late = _late(Epoch.current(), longest_s=LONGEST_S)
    except DatabaseError as error:
        logger.warning("nobody could be asked whether a revocation was seen: %s", error)
        late = ("any gateway",)
    if late:
        logger.warning("a revocation was not confirmed in time by %s", ", ".join(late))
    _unconfirmed.set(late)


def begin() -> None:
    """Forget what an earlier request left."""
    _unconfirmed.set(())


def unconfirmed() -> tuple[str, ...]:
    """Name the processes that have not confirmed the last revocation of this request."""
    return _unconfirmed.get()


def _late(epoch: int, *, longest_s: float) -> tuple[str, ...]:
    from accounts.models.epoch import EpochReader  # noqa: PLC0415 - as above

    end = time.monotonic() + longest_s
    while True:
        alive = EpochReader.objects.alive(now=timezone.now())
        late = tuple(alive.behind(epoch).order_by("name").values_list("name", flat=True))
        if not late or time.monotonic() >= end:
            return late
        time.sleep(_LOOK_EVERY_S)
