"""From a URL to the address that was checked: looked up in threads, remembered for a moment."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final

from foundation import egress
from gateway.forward.failures import AttemptFailed
from gateway.forward.pool import Lane, Pool
from providers.kinds.vocabulary import Endpoint, ErrorClass

GOOD_FOR_S: Final = 30.0
_THREADS: Final = 8
_NEVER: Final = (None, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """Where and as whom one provider is called, and where it may be.

    It is dropped when the epoch moves, and with it every address that was found for it. What a
    login brought is good for a while only: `good_until` is a little before its end.
    """

    endpoint: Endpoint
    policy: egress.Policy
    good_until: datetime | None = None
    lanes: dict[str, tuple[Lane, float]] = field(default_factory=dict, repr=False)

    @property
    def is_good(self) -> bool:
        return self.good_until is None or datetime.now(UTC) < self.good_until


class Destinations:
    """Checks where a URL leads under a policy, again every half minute.

    What it gives leads to the address itself, so what was checked is what is connected to.
    """

    def __init__(
        self, pool: Pool, *, longest_s: float, resolver: egress.Resolver = egress.system_resolver
    ) -> None:
        self._pool = pool
        self._longest_s = longest_s
        self._resolver = resolver
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="names")

    def known(self, origin: str, access: Access) -> Lane | None:
        """Return the way to an origin where it was checked just now."""
        lane, checked_at = access.lanes.get(origin, _NEVER)
        return None if time.monotonic() - checked_at > GOOD_FOR_S else lane

    async def of(self, origin: str, access: Access) -> Lane:
        """Check where a host is; raises `AttemptFailed` where it may not be called.

        An `origin` is a URL before its path.
        """
        now = time.monotonic()
        lane = self._pool.lane(await self._resolve(origin, access.policy))
        access.lanes[origin] = (lane, now)
        return lane

    def close(self) -> None:
        self._threads.shutdown(wait=False)

    async def _resolve(self, url: str, policy: egress.Policy) -> egress.Destination:
        look_up = partial(egress.resolve, url, policy, resolver=self._resolver)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._longest_s):
                return await loop.run_in_executor(self._threads, look_up)
        except egress.CannotResolve as error:
            raise AttemptFailed(ErrorClass.UNREACHABLE, str(error)) from error
        except egress.EgressError as error:
            raise AttemptFailed(ErrorClass.BLOCKED, str(error)) from error
        except TimeoutError as error:
            message = "The name server did not answer in time. Check the DNS of this machine."
            raise AttemptFailed(ErrorClass.UNREACHABLE, message) from error
