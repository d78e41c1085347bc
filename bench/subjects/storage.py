"""Where an installation under test keeps its rows: the embedded default, or services given."""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

DATABASE_URL = "BENCH_DATABASE_URL"
REDIS_URL = "BENCH_REDIS_URL"
NOT_GIVEN = f"not given: set {DATABASE_URL} (postgres://user@host:5432, no name) and {REDIS_URL}"

_COUNT = "SELECT count(*) FROM usage_usagerecord"


@dataclass(frozen=True, slots=True)
class Storage:
    """What the installation is told of it, and how many usage rows it holds."""

    environment: Mapping[str, str]
    rows: Callable[[], int]


@contextmanager
def embedded(data: Path) -> Iterator[Storage]:
    """SQLite in the data folder, and the broker that comes along."""
    yield Storage({}, lambda: count_rows(data / "db.sqlite3"))


@contextmanager
def services(_data: Path) -> Iterator[Storage]:
    """Make a PostgreSQL database of its own, dropped in the end, and the Redis database given."""
    server, redis = os.environ[DATABASE_URL].rstrip("/"), os.environ[REDIS_URL]
    name = f"bench_{os.getpid()}_{secrets.token_hex(3)}"
    _run(server, "CREATE DATABASE {}", name)
    try:
        url = f"{server}/{name}"
        yield Storage({"DATABASE_URL": url, "REDIS_URL": redis}, lambda: _count_in_postgres(url))
    finally:
        _run(server, "DROP DATABASE {} WITH (FORCE)", name)


def missing_services() -> str:
    return "" if os.environ.get(DATABASE_URL) and os.environ.get(REDIS_URL) else NOT_GIVEN


def count_rows(database: Path) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        (rows,) = connection.execute(_COUNT).fetchone()
    return int(rows)


def _count_in_postgres(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(_COUNT).fetchone()
    return int(row[0]) if row else 0


def _run(server: str, statement: str, name: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
