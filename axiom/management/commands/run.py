import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

from axiom.supervisor import broker, lock, parts, ports
from axiom.supervisor.processes import Surroundings
from axiom.supervisor.supervision import supervise


class Command(BaseCommand):
    help = "Starts the portal, the gateway, the workers and the scheduler, and keeps them running."
    requires_system_checks = []

    def handle(self, *_args: str, **_options: Any) -> None:
        run_dir = settings.DATA_DIR / "run"
        run_dir.mkdir(exist_ok=True)
        held = lock.take(run_dir / "axiom.pid")
        ports.require_free(settings.HOST, settings.PORTAL_PORT, variable="AXIOM_PORTAL_PORT")
        ports.require_free(settings.HOST, settings.GATEWAY_PORT, variable="AXIOM_GATEWAY_PORT")
        socket = None if settings.REDIS_URL else broker.prepare(settings.DATA_DIR / "valkey")
        table = parts.parts_of(_installation(socket))
        call_command("setup")
        connections.close_all()
        status = supervise(table, surroundings=_surroundings(socket), run_dir=run_dir, lock=held)
        raise SystemExit(status)


def _installation(socket: Path | None) -> parts.Installation:
    return parts.Installation(
        data_dir=settings.DATA_DIR,
        name=settings.ALLOWED_HOSTS[0].lstrip(".").replace("*", "localhost"),
        host=settings.HOST,
        portal_port=settings.PORTAL_PORT,
        gateway_port=settings.GATEWAY_PORT,
        broker_socket=socket,
        gateway_drain_s=settings.GATEWAY_DRAIN_S,
    )


def _surroundings(socket: Path | None) -> Surroundings:
    own = {"AXIOM_DATA": str(settings.DATA_DIR), "PYTHONUNBUFFERED": "1"}
    if socket is not None:
        own["AXIOM_REDIS_SOCKET"] = str(socket)
    return Surroundings(folder=settings.BASE_DIR, environment={**os.environ, **own})
