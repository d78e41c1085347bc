"""The gateway as a process: what it checks before it starts, how it listens and how it stops."""

import asyncio
import errno
import gc
import importlib
import importlib.util
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import Final, NoReturn

from django.conf import settings
from django.db import DatabaseError

from accounts.models.keys import RootKeyDoesNotOpen, verify_root_keys
from gateway.bounds import Bounds
from gateway.engine import Engine
from gateway.listen.listener import MOST_CONNECTIONS, Listener
from gateway.server import Server

logger = logging.getLogger(__name__)

_SWITCH_S: Final = 0.001  # how long a thread of ours may keep the event loop waiting
_GARBAGE: Final = (20_000, 20, 50)  # calls leave few cycles: look for them less often


class StartRefused(Exception):
    """The gateway can't start as things are; the message says what to do."""


def run() -> NoReturn:
    """Run until SIGTERM or SIGINT; ends the process."""
    try:
        _check_root_keys()
        _allow_many_connections()
        sys.setswitchinterval(_SWITCH_S)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            _end(runner.run(_serve()))
    except StartRefused as error:
        sys.exit(f"The gateway can't start: {error}")


async def _serve() -> int:
    """Serve, and return the exit status: 0 when told to stop, 1 when something broke."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    engine = Engine(
        bounds=Bounds(
            most_request_bytes=settings.GATEWAY_MAX_BODY_BYTES, drain_s=settings.GATEWAY_DRAIN_S
        ),
        spool_dir=settings.USAGE_SPOOL_DIR,
        redis_address=settings.REDIS_ADDRESS,
        serves_unrecorded=settings.GATEWAY_SERVES_UNRECORDED,
        ledger_by_worker=settings.LEDGER_BY_WORKER,
    )
    listener = await _listener(Server(engine))
    await engine.start()
    engine.keep_running(listener.run())
    _tame_garbage_collector()
    logger.info("listening on %s", settings.GATEWAY_URL)
    stopped = asyncio.create_task(told.wait())
    broken = asyncio.create_task(engine.failed.wait())
    await asyncio.wait({stopped, broken}, return_when=asyncio.FIRST_COMPLETED)
    listener.stop_accepting()
    await engine.drain()
    await engine.close()
    listener.close()
    return 0 if stopped.done() else 1


async def _listener(server: Server) -> Listener:
    host, port = settings.HOST, settings.GATEWAY_PORT
    listener = Listener(server)
    try:
        await listener.open(host, port)
    except OSError as error:
        raise StartRefused(_why_not(error, host, port)) from error
    return listener


def _tame_garbage_collector() -> None:
    """Leave what has been loaded by now out of every later collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


def _check_root_keys() -> None:
    """Refuse to run on keys that don't open the database; without a database, run and wait."""
    try:
        verify_root_keys()
    except RootKeyDoesNotOpen as error:
        raise StartRefused(str(error)) from error
    except DatabaseError as error:
        logger.warning("the database is away, the gateway waits for it: %s", error)


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken. Set AXIOM_GATEWAY_PORT to another one."
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"port {port} needs more rights. Set AXIOM_GATEWAY_PORT to another one."
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine. Set AXIOM_HOST."
    return f"{host} port {port} can't be listened on: {error.strerror}."


def _allow_many_connections() -> None:
    """Raise the limit of open files, as far as this user may: each stream holds two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MOST_CONNECTIONS
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Prefer uvloop where it is installed: it serves about a tenth more."""
    if importlib.util.find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module(
        "uvloop"
    ).new_event_loop
    return factory


def _end(code: int) -> NoReturn:
    """End at once: a thread that waits for a database that never answers must not keep us."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
