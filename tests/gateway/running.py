"""A gateway in a thread of the test's own process, and the client that calls it."""

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.bounds import Bounds
from gateway.engine import Engine
from gateway.listen.listener import Listener
from gateway.server import Server

PATIENCE_S = 20.0
NOWHERE = "unix:///nowhere/valkey.sock"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as the client got it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.json["error"]
        return error

    @property
    def events(self) -> list[str]:
        """The data of each event of a stream."""
        lines = self.body.decode().split("\n\n")
        return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]

    @property
    def words(self) -> str:
        chunks = [json.loads(event) for event in self.events if event.startswith('{"object"')]
        return "".join(choice["delta"]["content"] for c in chunks for choice in c["choices"])


class RunningGateway:
    """Everything but the process: engine, application and listener, on a free port."""

    def __init__(
        self,
        spool_dir: Path,
        bounds: Bounds,
        redis_address: str = NOWHERE,
        *,
        ledger_by_worker: bool = False,
    ) -> None:
        self.spool_dir = spool_dir
        self.ledger_by_worker = ledger_by_worker
        self.bounds = bounds
        self.redis_address = redis_address
        self.port = 0
        self.engine: Engine
        self.loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._stop: asyncio.Event
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._started.wait(PATIENCE_S)

    def stop(self) -> None:
        if self.loop.is_closed():
            return
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def settle(self) -> None:
        """Wait for every call to end and for its line of the ledger to be written."""

        async def settled() -> None:
            await self.engine.pipeline.watch.until_empty(longest_s=PATIENCE_S)
            await asyncio.sleep(0)
            await self.engine.pipeline.accounting.flush()

        self.run(settled())

    def be_still(self) -> None:
        """End all that it does in the background."""

        engine = self.engine

        async def end() -> None:
            for task in engine._tasks:
                task.cancel()
            await asyncio.wait(engine._tasks)
            await asyncio.gather(
                *(one.run(lambda: None) for one in (engine._polls, engine._notes, engine._writes))
            )

        self.run(end())

    def learn(self, token: str) -> None:
        """Let it know a token and its routes, with nothing left that it would notice later."""
        self.notice()
        assert self.chat(token).status == 200
        self.settle()

    def notice(self) -> None:
        """Look at the epoch now."""
        self.run(self.engine.epochs.look())

    def run(self, work: Any) -> Any:
        """Run a coroutine in the gateway's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def chat(self, token: str, *, headers: Mapping[str, str] | None = None, **fields: Any) -> Told:
        """Ask for a chat completion and read the answer to its end."""
        body = {"model": "default", "messages": [{"role": "user", "content": "Hi there"}], **fields}
        return self.send("POST", "/v1/chat/completions", token, json.dumps(body), headers=headers)

    def ask(self, token: str, path: str, body: Mapping[str, object], **headers: str) -> Told:
        """Ask in any format."""
        return self.send("POST", path, token, json.dumps(body), headers=headers)

    def send(
        self,
        method: str,
        path: str,
        token: str = "",
        body: str | bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Told:
        with self.connection() as connection:
            fields = {"authorization": f"Bearer {token}"} if token else {}
            connection.request(method, path, body, {**fields, **(headers or {})})
            answer = connection.getresponse()
            return Told(answer.status, lowered(answer.getheaders()), answer.read())

    @contextmanager
    def streaming(self, token: str, **fields: Any) -> Iterator[http.client.HTTPResponse]:
        """Ask for a stream; the client leaves at the end of the block."""
        body = {"model": "default", "messages": [], "stream": True, **fields}
        with self.connection() as connection:
            connection.request(
                "POST",
                "/v1/chat/completions",
                json.dumps(body),
                {"authorization": f"Bearer {token}"},
            )
            answer = connection.getresponse()
            yield answer
            answer.close()

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            yield connection
        finally:
            connection.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self.engine = Engine(
            bounds=self.bounds,
            spool_dir=self.spool_dir,
            redis_address=self.redis_address,
            ledger_by_worker=self.ledger_by_worker,
        )
        listener = Listener(Server(self.engine))
        await listener.open("127.0.0.1", 0)
        self.port = listener.port
        await self.engine.start()
        self.engine.keep_running(listener.run())
        self._started.set()
        await self._stop.wait()
        listener.stop_accepting()
        await self.engine.drain()
        await self.engine.close()
        listener.close()


def lowered(headers: list[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
