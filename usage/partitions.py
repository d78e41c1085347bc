"""The ledger's tables on PostgreSQL: cut by month or year, so that what is old is dropped whole.

Nothing here does anything on other databases. What lies outside every partition is kept in a
default one, so no line is ever refused; it moves out as soon as its own partition is made.
"""

# ruff: noqa: S608 - names of our own tables and columns
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

VENDOR: Final = "postgresql"

_AHEAD: Final = 2  # partitions that are made before their time comes
_CONSTRAINTS: Final = """
    SELECT c.conname, c.contype, array_agg(a.attname::text ORDER BY k.place)
    FROM pg_constraint c
    CROSS JOIN unnest(c.conkey) WITH ORDINALITY AS k(number, place)
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
    WHERE c.conrelid = %s::regclass AND c.contype IN ('p', 'u')
    GROUP BY c.conname, c.contype
"""
_INDEXES: Final = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename = %s
"""
_LEFT: Final = """
    SELECT relname FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT relispartition
      AND relname ~ ('^' || %s || '_p[0-9]{6}$')
"""
_PARTITIONS: Final = """
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(%s)
"""


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A table, and the column by whose month or year it is cut."""

    table: str
    moment: str
    months: int  # 1 or 12

    def name_at(self, start: datetime) -> str:
        return f"{self.table}_p{start:%Y%m}"

    def start_of(self, moment: datetime) -> datetime:
        moment = moment.astimezone(UTC)
        month = moment.month if self.months == 1 else 1
        return datetime(moment.year, month, 1, tzinfo=UTC)

    def end_of(self, start: datetime) -> datetime:
        months = start.year * 12 + start.month - 1 + self.months
        return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)

    @property
    def default(self) -> str:
        return f"{self.table}_pdefault"


LEDGER: Final = Partitioned("usage_usagerecord", "started_at", months=1)
MINUTES: Final = Partitioned("usage_minutesbucket", "starts_at", months=1)
HOURS: Final = Partitioned("usage_hourbucket", "starts_at", months=1)
DAYS: Final = Partitioned("usage_daybucket", "starts_at", months=12)
ALL: Final = (LEDGER, MINUTES, HOURS, DAYS)


def cut(connection: BaseDatabaseWrapper, part: Partitioned) -> None:
    """Make a plain table a partitioned one with the same columns, rows, names and indexes.

    PostgreSQL wants the moment in every unique key. A request's id comes with one moment alone.
    """
    if connection.vendor != VENDOR:
        return
    table, old = part.table, f"{part.table}_uncut"
    with connection.cursor() as cursor:
        cursor.execute(_CONSTRAINTS, [table])
        constraints = cursor.fetchall()
        cursor.execute(_INDEXES, [table])
        indexes = dict(cursor.fetchall())
        cursor.execute(f'ALTER TABLE "{table}" RENAME TO "{old}"')
        cursor.execute(
            f'CREATE TABLE "{table}" (LIKE "{old}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
            f'INCLUDING IDENTITY) PARTITION BY RANGE ("{part.moment}")'
        )
        cursor.execute(f'CREATE TABLE "{part.default}" PARTITION OF "{table}" DEFAULT')
        cursor.execute(f'INSERT INTO "{table}" SELECT * FROM "{old}"')
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) "
            f'FROM "{old}" HAVING max(id) IS NOT NULL',
            [table],
        )
        cursor.execute(f'DROP TABLE "{old}"')
        for name, kind, columns in constraints:
            indexes.pop(name, None)
            cursor.execute(_unique(part, name, kind, columns))
        for definition in indexes.values():
            cursor.execute(definition)


def keep(connection: BaseDatabaseWrapper, part: Partitioned, *, now: datetime) -> None:
    """Make the partitions of now and of what comes next, and those of what has no place yet.

    All of it or nothing, and one worker at a time: readers and writers of the table go on.
    """
    if connection.vendor != VENDOR:
        return
    with transaction.atomic(using=connection.alias):
        with connection.cursor() as cursor:
            cursor.execute(f'LOCK TABLE ONLY "{part.table}" IN SHARE UPDATE EXCLUSIVE MODE')
        _take_back(connection, part)
        _make_wanted(connection, part, now=now)


def _make_wanted(connection: BaseDatabaseWrapper, part: Partitioned, *, now: datetime) -> None:
    start = part.start_of(now)
    wanted = {start}
    for _ in range(_AHEAD):
        start = part.end_of(start)
        wanted.add(start)
    existing = set(_partitions(connection, part))
    wanted |= {part.start_of(moment) for moment in _misplaced(connection, part)}
    for start in sorted(wanted):
        if part.name_at(start) not in existing:
            _make(connection, part, start)


def drop(connection: BaseDatabaseWrapper, part: Partitioned, *, before: datetime) -> list[str]:
    """Drop the partitions all of whose rows are older, and return their names."""
    if connection.vendor != VENDOR:
        return []
    last = part.name_at(part.start_of(before))
    old = [name for name in _partitions(connection, part) if name != part.default and name < last]
    with connection.cursor() as cursor:
        for name in old:
            cursor.execute(f'DROP TABLE "{name}"')
    return old


def _make(connection: BaseDatabaseWrapper, part: Partitioned, start: datetime) -> None:
    """Make one partition; rows of its time that wait in the default one move into it."""
    name, span = part.name_at(start), (start, part.end_of(start))
    of_it = f'"{part.moment}" >= %s AND "{part.moment}" < %s'
    with connection.cursor() as cursor:
        # A line that came between the move and the end would forbid the partition.
        cursor.execute(f'LOCK TABLE "{part.default}" IN ACCESS EXCLUSIVE MODE')
        cursor.execute(
            f'CREATE TABLE "{name}" (LIKE "{part.table}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)'
        )
        cursor.execute(
            f'WITH moved AS (DELETE FROM "{part.default}" WHERE {of_it} RETURNING *) '
            f'INSERT INTO "{name}" SELECT * FROM moved',
            span,
        )
        cursor.execute(
            f'ALTER TABLE "{part.table}" ATTACH PARTITION "{name}" FOR VALUES '
            f"FROM ('{span[0].isoformat()}') TO ('{span[1].isoformat()}')"
        )


def _take_back(connection: BaseDatabaseWrapper, part: Partitioned) -> None:
    """Give back the rows of tables that were filled and never became partitions.

    An earlier version left one behind when it was stopped in between. What was written
    anew meanwhile stays as it is.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [part.table])
        for (name,) in cursor.fetchall():
            cursor.execute(
                f'INSERT INTO "{part.table}" SELECT * FROM "{name}" ON CONFLICT DO NOTHING'
            )
            cursor.execute(f'DROP TABLE "{name}"')


def _misplaced(connection: BaseDatabaseWrapper, part: Partitioned) -> Iterator[datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT date_trunc('month', \"{part.moment}\" AT TIME ZONE 'UTC') "
            f'FROM "{part.default}"'
        )
        for (moment,) in cursor.fetchall():
            yield moment.replace(tzinfo=UTC)


def _partitions(connection: BaseDatabaseWrapper, part: Partitioned) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [part.table])
        for (name,) in cursor.fetchall():
            yield name


def _unique(part: Partitioned, name: str, kind: Any, columns: list[str]) -> str:
    if part.moment not in columns:
        columns = [*columns, part.moment]
    listed = ", ".join(f'"{column}"' for column in columns)
    word = "PRIMARY KEY" if kind in {"p", b"p"} else "UNIQUE"
    return f'ALTER TABLE "{part.table}" ADD CONSTRAINT "{name}" {word} ({listed})'
