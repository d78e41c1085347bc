"""Whether a port can be listened on, asked before anything is started."""

import errno
import socket

from axiom.supervisor.refusals import StartRefused


def require_free(host: str, port: int, *, variable: str) -> None:
    """Raise StartRefused unless `host:port` can be bound; `variable` is what moves the port."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise StartRefused(f"{host} is not an address of this machine. Set AXIOM_HOST.") from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise StartRefused(_reason(error, host, port, variable)) from error


def _reason(error: OSError, host: str, port: int, variable: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken. Set {variable} to another one."
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Port {port} needs more rights than this user has. Set {variable} to another one."
    return f"{host} is not an address of this machine. Set AXIOM_HOST."
