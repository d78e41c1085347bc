"""The entry: which method and path lead where."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import orjson

from gateway import listing, metrics
from gateway.calls import Call
from gateway.edge import RESTARTING, SOON_S, ending_of, refuse
from gateway.endpoints import (
    ENTRANCES,
    GEMINI_CALLS,
    GEMINI_MODELS,
    MODELS,
    entrance_at,
    form_for,
)
from gateway.engine import Engine
from gateway.exchange import JSON, Exchange
from gateway.listen.turn import Turn
from gateway.refusals import NoSuchEndpoint, NoUpgrade, Unavailable, WrongMethod
from gateway.watch import Watched

Handler = Callable[[Engine, Call], Awaitable[None]]


class Server:
    """The application that the listener calls for each request."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def __call__(self, turn: Turn) -> None:
        exchange = Exchange(turn, self._engine.request_ids.new())
        path = exchange.path
        entrance = entrance_at(path, exchange.query)
        form = entrance.form if entrance else form_for(path, exchange.headers)
        longest_s = self._engine.pipeline.bounds.whole_s
        watched = Watched(exchange.has_left, longest_s=longest_s, task=turn.task)
        call = Call(exchange, watched, form)
        if entrance is not None and exchange.method == "POST":
            if self._engine.is_draining:
                refuse(call, Unavailable(RESTARTING, retry_after_s=SOON_S))
            else:
                await self._engine.pipeline.answer(call, entrance)
        elif handler := _handler(exchange.method, path):
            await handler(self._engine, call)
        elif entrance is not None:
            refuse(call, WrongMethod(f"{path} takes POST."))
        elif path in _METHODS:
            refuse(call, WrongMethod(f"{path} takes {_METHODS[path]}."))
        else:
            refuse(call, NoSuchEndpoint(f"There is no {path} here. These are: {_KNOWN}."))


async def _models(engine: Engine, call: Call) -> None:
    await ending_of(call, listing.list_models(engine.pipeline, call))


async def _model(engine: Engine, call: Call) -> None:
    await ending_of(call, listing.describe_model(engine.pipeline, call))


async def _alive(_engine: Engine, call: Call) -> None:
    call.exchange.answer(200, orjson.dumps({"status": "ok"}))


async def _ready(engine: Engine, call: Call) -> None:
    missing = engine.missing
    status = {"status": "not ready" if missing else "ok", "missing": missing}
    call.exchange.answer(503 if missing else 200, orjson.dumps(status))


async def _metrics(engine: Engine, call: Call) -> None:
    headers = (("content-type", metrics.CONTENT_TYPE),)
    call.exchange.answer(200, engine.pipeline.metrics.text(), headers)


async def _no_socket(_engine: Engine, call: Call) -> None:
    """Tell a client that tries a WebSocket first, as Codex does, to go on without one."""
    refuse(call, NoUpgrade("There are no WebSockets here. Send a POST, with “stream” if you like."))


async def _nothing(_engine: Engine, call: Call) -> None:
    """Tell a client that probes whether somebody is there."""
    call.exchange.answer(200, b"", (JSON,))


_HANDLERS: Final[Mapping[tuple[str, str], Handler]] = {
    ("GET", "/v1/responses"): _no_socket,
    ("GET", MODELS): _models,
    ("GET", GEMINI_MODELS): _models,
    ("GET", "/healthz"): _alive,
    ("HEAD", "/healthz"): _alive,
    ("GET", "/readyz"): _ready,
    ("HEAD", "/readyz"): _ready,
    ("GET", "/metrics"): _metrics,
    ("HEAD", "/"): _nothing,
}
_METHODS: Final = {path: method for method, path in _HANDLERS if method != "HEAD"}
_KNOWN: Final = ", ".join(
    [
        *(f"POST {path}" for path in (*ENTRANCES, GEMINI_CALLS)),
        *(f"GET {path}" for path in _METHODS if path not in ENTRANCES),
        f"GET {MODELS}/{{id}}",
    ]
)


def _handler(method: str, path: str) -> Handler | None:
    handler = _HANDLERS.get((method, path))
    if handler is None and method == "GET" and path.startswith((f"{MODELS}/", f"{GEMINI_MODELS}/")):
        return _model
    return handler
