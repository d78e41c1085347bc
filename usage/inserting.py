"""Many rows by few statements.

PostgreSQL takes fifty rows by one statement in two thirds of the time that fifty statements take.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

ROWS_AT_ONCE: Final = 50

Row = list[Any] | tuple[Any, ...]


def insert_new(
    cursor: CursorWrapper, table: str, columns: tuple[str, ...], rows: Sequence[Row]
) -> int:
    """Insert the rows that are not there yet, by whatever is unique; return how many that were."""
    inserted = 0
    whole = len(rows) - len(rows) % ROWS_AT_ONCE
    if whole:
        statement = _statement(cursor.db, table, columns, ROWS_AT_ONCE)
        cursor.executemany(statement, list(_values(rows[:whole])))
        inserted += cursor.rowcount
    if whole < len(rows):
        rest = rows[whole:]
        cursor.execute(_statement(cursor.db, table, columns, len(rest)), [*chain(*rest)])
        inserted += cursor.rowcount
    return inserted


def _values(rows: Sequence[Row]) -> Iterator[Row]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield [*chain(*rows[start : start + ROWS_AT_ONCE])]


def _statement(
    connection: BaseDatabaseWrapper, table: str, columns: tuple[str, ...], rows: int
) -> str:
    quote = connection.ops.quote_name
    return _written(quote(table), tuple(map(quote, columns)), rows)


@lru_cache(maxsize=2 * ROWS_AT_ONCE)
def _written(table: str, columns: tuple[str, ...], rows: int) -> str:
    row = f"({', '.join(['%s'] * len(columns))})"
    places = ", ".join([row] * rows)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {places} ON CONFLICT DO NOTHING"  # noqa: S608 - names of our own columns
