"""Listens on a port, and keeps every client's connection."""

import asyncio
from typing import Final

from gateway.listen.connection import Application, ClientConnection

BACKLOG: Final = 2_048
MOST_CONNECTIONS: Final = 16_384

_LOOK_S: Final = 1.0


class Listener:
    """An HTTP/1.1 server for one application. TLS ends before it, at a proxy."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._connections: set[ClientConnection] = set()
        self._server: asyncio.Server | None = None
        self.is_closing = False

    @property
    def port(self) -> int:
        """The port that it listens on."""
        if self._server is None:
            raise RuntimeError("the listener is not open")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def open(self, host: str, port: int) -> None:
        """Listen; raises OSError where that is not possible."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: ClientConnection(self._application, self), host, port, backlog=BACKLOG
        )

    async def run(self) -> None:
        """Close connections whose clients take too long, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK_S)
            now = loop.time()
            for connection in tuple(self._connections):
                connection.look(now=now)

    def stop_accepting(self) -> None:
        """Take no more connections, and end each with the request that it is at."""
        self.is_closing = True
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.close_if_idle()

    def close(self) -> None:
        """End every connection now."""
        self.stop_accepting()
        for connection in tuple(self._connections):
            connection.abort()

    def add(self, connection: ClientConnection) -> bool:
        if len(self._connections) >= MOST_CONNECTIONS:
            return False
        self._connections.add(connection)
        return True

    def drop(self, connection: ClientConnection) -> None:
        self._connections.discard(connection)
