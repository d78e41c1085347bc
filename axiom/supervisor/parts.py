"""The table of parts: what an installation runs, and how each of them is started."""

import sys
from dataclasses import dataclass
from pathlib import Path

from axiom.supervisor import broker

GRANIAN = (sys.executable, "-m", "granian", "--no-ws", "--log-level", "error")
CELERY = (sys.executable, "-m", "celery", "--quiet", "--app", "axiom")

WSGI = ("--interface", "wsgi", "--blocking-threads", "8")
WORKER = (*CELERY, "worker", "--pool", "threads")
QUICK = ("--queues", "default", "--concurrency", "12")
# A name of its own: a worker that starts goes on with what its namesake had begun.
SLOW = ("--queues", "slow", "--concurrency", "24", "--hostname", "slow@%h")
INFO = ("--loglevel", "INFO")
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")

GRACE_S = 3.2  # for a part to end: with the first part's, Ctrl-C is over within five seconds
DRAIN_S = 2  # of it, for the gateway's calls under way


@dataclass(frozen=True, slots=True)
class Installation:
    """Where one installation keeps its things and listens.

    `name` is a host name that the portal answers to; `broker_socket` is None when REDIS_URL
    names a server that somebody else runs.
    """

    data_dir: Path
    name: str
    host: str
    portal_port: int
    gateway_port: int
    broker_socket: Path | None
    gateway_drain_s: int = DRAIN_S


@dataclass(frozen=True, slots=True)
class Door:
    """Where a part answers HTTP once it is ready, and the host name to ask for there."""

    host: str
    port: int
    path: str
    name: str = "localhost"

    @property
    def url(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}"


@dataclass(frozen=True, slots=True)
class Part:
    """One program. `socket` or `door` tell how to see that it is ready.

    It is killed if it has not ended within `grace_s` of being asked to.
    """

    name: str
    command: tuple[str, ...]
    socket: Path | None = None
    door: Door | None = None
    grace_s: float = GRACE_S


def parts_of(installation: Installation) -> tuple[Part, ...]:
    """Every part in the order of starting; they end in the opposite order."""
    here = installation
    portal_at = ("--host", here.host, "--port", str(here.portal_port))
    return (
        *_own_broker(here),
        Part(
            "portal",
            (*GRANIAN, *WSGI, *portal_at, "axiom.wsgi:application"),
            door=Door(here.host, here.portal_port, "/admin/login/", here.name),
        ),
        Part(
            "gateway",
            (sys.executable, "-m", "gateway"),
            door=Door(here.host, here.gateway_port, "/healthz"),
            grace_s=GRACE_S - DRAIN_S + here.gateway_drain_s,
        ),
        Part("worker", (*WORKER, *QUICK, *ALONE, *INFO)),
        Part("slow", (*WORKER, *SLOW, *ALONE, *INFO)),
        Part("scheduler", (*CELERY, "beat", "--pidfile=", *INFO)),
    )


def _own_broker(here: Installation) -> tuple[Part, ...]:
    if here.broker_socket is None:
        return ()
    line = broker.command(here.data_dir / "valkey", here.broker_socket)
    return (Part("broker", line, socket=here.broker_socket),)
