"""Where root keys come from; Axiom writes one only on the first start, to a file of its owner."""

import base64
import os
import stat
from pathlib import Path

from foundation.crypto.keys import KEY_LENGTH, RootKeyRing

_OWNER_ONLY = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class RootKeyUnavailable(RuntimeError):
    """The key source can't give a key; the message says what to do."""


def load_root_keys(source: str, *, env_value: str | None, path: Path) -> RootKeyRing:
    """Load the ring from ``env`` (the value given) or ``file`` (the path given).

    Raises RootKeyUnavailable when there is nothing to read safely, WeakKey for a bad key.
    """
    if source == "env":
        if not env_value:
            raise RootKeyUnavailable(
                "ENCRYPTION_KEY is not set. Set it to one or more base64 keys of 32 bytes, "
                "or choose AXIOM_KEY_SOURCE=file."
            )
        return RootKeyRing.from_text(env_value)
    if source == "file":
        return RootKeyRing.from_text(_read_own(path))
    raise RootKeyUnavailable(f"There is no key source {source!r}. Choose env or file.")


def create_key_file(path: Path) -> None:
    """Write a new random root key to a file that only its owner can read.

    Raises FileExistsError rather than replace a file: losing a root key loses every secret.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(os.urandom(KEY_LENGTH)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        # Half a key would block every later start.
        path.unlink()
        raise


def _read_own(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            _refuse_shared(path, os.fstat(file.fileno()))
            return file.read()
    except FileNotFoundError:
        raise RootKeyUnavailable(
            f"There is no root key at {path}. Restore it from your backup; "
            "without it, stored secrets stay closed."
        ) from None
    except UnicodeDecodeError:
        raise RootKeyUnavailable(f"{path} is not a key file: it holds no base64 text.") from None
    except OSError as error:
        raise RootKeyUnavailable(f"{path} can't be read: {error.strerror}.") from None


def _refuse_shared(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RootKeyUnavailable(f"{path} is not a file.")
    if status.st_mode & _OTHERS:
        raise RootKeyUnavailable(f"Others can open {path}. Run `chmod 600 {path}`.")
    if status.st_uid not in {0, os.geteuid()}:
        raise RootKeyUnavailable(f"{path} belongs to somebody else. Give it to Axiom's user.")
