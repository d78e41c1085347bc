"""A port of this machine that a vendor's client insists on, such as `localhost:1455`.

While a login waits whose redirect leads there, the process that shows its dialog listens on
127.0.0.1 and sends the browser on to Axiom's own callback, query and all: every check stays there.
Several processes of one portal may share the port. The listener ends by itself when no such login
waits any more; one that died with its process is back with the dialog's next look.
"""

import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Final
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from providers.kinds.headers import AGENT
from providers.models import LoginAttempt
from providers.services.logins.attempts import callback_url

HOSTS: Final = frozenset({"localhost", "127.0.0.1"})
LOOKED_EVERY_S: Final = 2.0
_SLOWEST_BROWSER_S: Final = 5.0

logger = structlog.get_logger(__name__)

_lock: Final = threading.Lock()
_ports: Final[set[int]] = set()


def port_of(redirect_url: str) -> int | None:
    """Give the port of this machine that an address is at, where it is another than Axiom's own."""
    if redirect_url == callback_url():
        return None
    parts = urlsplit(redirect_url)
    return parts.port if parts.scheme == "http" and parts.hostname in HOSTS else None


def listen_for(attempt: LoginAttempt) -> str:
    """Listen where a waiting login's redirect leads; gives why that is not possible, if so.

    Nothing is listened for where browsers are on other machines than the portal.
    """
    port = port_of(attempt.redirect_url) if settings.EMBEDDED else None
    if port is None:
        return ""
    with _lock:
        if port in _ports:
            return ""
        try:
            listener = _Listener(port)
        except OSError as error:
            logger.info("a login's port can't be listened at", port=port, why=error.strerror)
            return (
                f"Port {port} of this machine is taken by another program, so the vendor's page "
                "ends at an address that Axiom does not see. Paste that address below."
            )
        _ports.add(port)
    threading.Thread(target=_serve, args=(listener, port), daemon=True).start()
    return ""


def is_awaited(port: int) -> bool:
    """Whether a login waits whose redirect leads to a port."""
    waiting = LoginAttempt.objects.open(now=timezone.now()).filter(
        status=LoginAttempt.Status.WAITING
    )
    addresses = waiting.values_list("redirect_url", flat=True)
    return any(port_of(address) == port for address in addresses)


def _serve(
    listener: "_Listener", port: int, *, is_wanted: Callable[[int], bool] = is_awaited
) -> None:
    try:
        while True:
            listener.handle_request()
            with _lock:
                if not _is_wanted(port, is_wanted):
                    _ports.discard(port)
                    return
    finally:
        listener.server_close()
        connection.close()


def _is_wanted(port: int, is_wanted: Callable[[int], bool]) -> bool:
    try:
        return is_wanted(port)
    except DatabaseError:  # it is away for a moment: so is whoever waits
        connection.close()
        return True


class _Sender(BaseHTTPRequestHandler):
    """Sends a browser on to the callback; what it brings is neither read nor logged here."""

    timeout = _SLOWEST_BROWSER_S

    def do_GET(self) -> None:
        query = urlsplit(self.path).query
        if query:
            self.send_response(HTTPStatus.FOUND)
            self.send_header("location", f"{callback_url()}?{query}")
        else:
            self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("cache-control", "no-store")
        self.send_header("referrer-policy", "no-referrer")
        self.send_header("content-length", "0")
        self.send_header("connection", "close")
        self.end_headers()

    def version_string(self) -> str:
        return AGENT

    def log_message(self, *_args: object) -> None:
        """Say nothing: the address holds a code."""


class _Listener(TCPServer):
    allow_reuse_address = True
    allow_reuse_port = True  # by processes of the same user that ask for it: those of this portal
    timeout = LOOKED_EVERY_S

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Sender)
