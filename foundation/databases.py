"""What a database's errors mean: away, busy, full, or a mistake of ours; and how to be brief."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from django.db import InterfaceError, OperationalError, connection, transaction

_PRIMARY: Final = 0xFF  # SQLite's extended codes carry the plain one in their last byte


class Trouble(StrEnum):
    """Why the database can't serve a request that is right; asking again later will do."""

    AWAY = "does not answer"
    BUSY = "is busy with other work"
    FULL = "has no room left, or may not be written"


_OF_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_PROTOCOL: Trouble.BUSY,
    sqlite3.SQLITE_INTERRUPT: Trouble.BUSY,
    sqlite3.SQLITE_READONLY: Trouble.FULL,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_IOERR: Trouble.AWAY,
    sqlite3.SQLITE_CANTOPEN: Trouble.AWAY,
}
# By PostgreSQL's classes of errors, the longer prefix first.
_OF_POSTGRES: Final = {
    "25006": Trouble.FULL,
    "55P03": Trouble.BUSY,
    "57014": Trouble.BUSY,
    "40": Trouble.BUSY,
    "08": Trouble.AWAY,
    "57P": Trouble.AWAY,
    "53": Trouble.FULL,
}


def trouble_of(error: Exception) -> Trouble | None:
    """Tell what is the matter; None where the statement itself was wrong, which waiting won't mend.

    An error that no driver raised, and one without a code, is a connection that broke.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    state = getattr(cause, "sqlstate", None)
    if state is None:
        return Trouble.AWAY
    return next((known for start, known in _OF_POSTGRES.items() if state.startswith(start)), None)


def _of_sqlite(cause: sqlite3.Error) -> Trouble | None:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is None:
        return Trouble.AWAY  # Python's own: a closed connection
    return _OF_SQLITE.get(code & _PRIMARY)


@contextmanager
def brief_wait(*, ms: int) -> Iterator[None]:
    """Run a small write that gives up after `ms` instead of waiting for others' locks."""
    if connection.vendor == "sqlite":
        usual = int(connection.settings_dict.get("OPTIONS", {}).get("timeout", 5) * 1000)
        with _busy_timeout(ms, back_to=usual):
            yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{int(ms)}ms'")
        yield


@contextmanager
def _busy_timeout(ms: int, *, back_to: int) -> Iterator[None]:
    connection.ensure_connection()
    here: sqlite3.Connection = connection.connection  # no query: nothing to count or to log
    here.execute(f"PRAGMA busy_timeout = {int(ms)}")
    try:
        yield
    finally:
        here.execute(f"PRAGMA busy_timeout = {int(back_to)}")
