"""Waiting for what another thread or process does, with patience and no guess at its speed."""

import time
from collections.abc import Callable

PATIENCE_S = 30.0


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
