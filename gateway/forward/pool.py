"""Connections to providers' servers, kept for the next request. Addresses are checked ones only."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Final

from foundation.egress import Destination
from gateway.forward.connection import Connection
from gateway.forward.failures import AttemptFailed, not_tls, place, unreachable, untrusted

MOST_IDLE: Final = 256  # connections per destination that wait for work
LONGEST_IDLE_S: Final = 30.0  # shorter than the usual server's patience, so that few are stale


@dataclass(slots=True, eq=False)
class Lane:
    """The way to one checked destination, and the connections that wait there."""

    destination: Destination
    host: str
    waiting: list[Connection] = field(default_factory=list)

    def idle(self) -> Connection | None:
        """Return the connection that was used last, if one is still open.

        One whose server says something that nobody has asked for closes by itself.
        """
        while self.waiting:
            connection = self.waiting.pop()
            if not connection.is_lost:
                return connection
        return None

    def give_back(self, connection: Connection, *, now: float) -> None:
        """Keep the connection for others if its answer was read to the end, else close it."""
        if connection.is_reusable and len(self.waiting) < MOST_IDLE:
            connection.idle_since = now
            self.waiting.append(connection)
        else:
            connection.close()

    def prune(self, *, idle_before: float) -> None:
        """Close what nobody has used since, and what the server has given up."""
        kept = [one for one in self.waiting if one.is_reusable and one.idle_since >= idle_before]
        for connection in set(self.waiting).difference(kept):
            connection.close()
        self.waiting = kept


class Pool:
    """Lanes by destination.

    It connects to the very address that the egress policy checked; the host's name is for the
    certificate and the Host header, so no second look-up can lead elsewhere.
    """

    def __init__(self) -> None:
        self._lanes: dict[Destination, Lane] = {}
        self._tls: ssl.SSLContext | None = None

    def lane(self, destination: Destination) -> Lane:
        lane = self._lanes.get(destination)
        if lane is None:
            lane = Lane(destination, place(destination))
            self._lanes[destination] = lane
        return lane

    async def connect(self, destination: Destination) -> Connection:
        """Open a connection to the first address that answers; raises `AttemptFailed`."""
        *others, last = (destination.address, *destination.others)
        for address in others:
            try:
                return await self._connect(destination, address)
            except AttemptFailed:
                continue
        return await self._connect(destination, last)

    def prune(self, *, now: float) -> None:
        """Close what nobody used for a while; call it now and then."""
        for destination, lane in list(self._lanes.items()):
            lane.prune(idle_before=now - LONGEST_IDLE_S)
            if not lane.waiting:
                del self._lanes[destination]

    def close(self) -> None:
        for lane in self._lanes.values():
            lane.prune(idle_before=float("inf"))
        self._lanes.clear()

    async def _connect(self, destination: Destination, address: str) -> Connection:
        tls = self._context() if destination.scheme == "https" else None
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection,
                address,
                destination.port,
                ssl=tls,
                server_hostname=destination.host if tls else None,
            )
        except ssl.SSLCertVerificationError as error:
            raise untrusted(destination, error.verify_message) from error
        except ssl.SSLError as error:
            raise not_tls(destination) from error
        except OSError as error:
            raise unreachable(destination, error) from error
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls
