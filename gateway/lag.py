"""How late the event loop is: what a client waits for although nobody works on its call."""

import asyncio
from collections import deque
from typing import Final

_LOOKED_EVERY_S: Final = 0.5
_REMEMBERED: Final = 60  # looks, so that a scrape every half minute misses none


class LoopLag:
    def __init__(self) -> None:
        self._lags: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def longest_s(self) -> float:
        """The longest lag of the last half minute."""
        return max(self._lags, default=0.0)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LOOKED_EVERY_S
            await asyncio.sleep(_LOOKED_EVERY_S)
            self._lags.append(max(0.0, loop.time() - due))
