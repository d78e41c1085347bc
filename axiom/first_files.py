"""The data folder and the two key files in it, made before the settings are read.

An existing file is never written to.
"""

import os
import secrets
import stat
from pathlib import Path

from axiom.supervisor import broker
from axiom.supervisor.refusals import StartRefused
from foundation.crypto import create_key_file
from foundation.env import Environment

DEFAULT_DATA_DIR = Path(__file__).resolve().parent.parent / "data"
ROOT_KEY = "root.key"
SECRET_KEY = "secret.key"  # noqa: S105 - a file's name
DATABASE = "db.sqlite3"
PRIVATE = 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def data_dir() -> Path:
    """Give the folder that AXIOM_DATA names, else `data` beside the code."""
    return Environment().path("AXIOM_DATA", DEFAULT_DATA_DIR)


def find_socket() -> None:
    """Tell the settings where our own broker listens, which a long folder's name moves."""
    os.environ.setdefault("AXIOM_REDIS_SOCKET", str(broker.socket_in(data_dir() / "valkey")))


def ensure() -> None:
    """Make the folder, and the keys that neither a file nor the environment holds yet.

    Whatever this process makes from here on is for its owner alone.
    Raises StartRefused when the keys of an existing database are missing: new ones won't open it.
    """
    os.umask(OTHERS)
    environment = Environment()
    folder = data_dir()
    _ensure_folder(folder)
    given = environment.secret("ENCRYPTION_KEY", None) is not None
    if environment.text("AXIOM_KEY_SOURCE", "env" if given else "file") == "file":
        _ensure_key(folder / ROOT_KEY, by="ENCRYPTION_KEY")
    if environment.secret("SECRET_KEY", None) is None:
        _ensure_key(folder / SECRET_KEY, by="SECRET_KEY")


def _ensure_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        if not folder.stat().st_mode & OTHERS:
            return
        _require_ours(folder)
        folder.chmod(PRIVATE)
    except OSError as error:
        raise StartRefused(
            f"the data folder {folder} can't be used ({error.strerror}). Set AXIOM_DATA to another."
        ) from error


def _require_ours(folder: Path) -> None:
    # AXIOM_DATA=/tmp must not take /tmp from everybody else.
    names = {path.name for path in folder.iterdir()}
    if names and not names & {ROOT_KEY, SECRET_KEY, DATABASE}:
        raise StartRefused(
            f"others can read {folder}, and it holds other things. "
            "Set AXIOM_DATA to a folder of its own."
        )


def _ensure_key(path: Path, *, by: str) -> None:
    if path.exists():
        return
    if (path.parent / DATABASE).exists():
        raise StartRefused(
            f"{path.parent / DATABASE} is there, but {path.name} that belongs to it is not. "
            f"Put {path.name} back from your backup, or set {by}."
        )
    if path.name == ROOT_KEY:
        create_key_file(path)
    else:
        _create_secret(path)


def _create_secret(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{secrets.token_urlsafe(48)}\n")
