"""Where a value could be kept: each store as text, to be searched."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from django.core import mail
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import connection

from tests.canary.canaries import plain

Place = tuple[str, str]


def stored() -> Iterator[Place]:
    """Give all that the process keeps outside its own variables."""
    yield from tables()
    yield from database_file()
    yield from cached()
    yield from (("mail", str(message.message())) for message in mail.outbox)


def tables() -> Iterator[Place]:
    """Give every row of every table: sessions, audit, operations and libraries' own included."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            for row in cursor.fetchall():
                yield f"table {table}", " ".join(_text(value) for value in row)


def database_file() -> Iterator[Place]:
    """Give SQLite's raw pages, which also hold what was deleted or overwritten."""
    if isinstance(connection.connection, sqlite3.Connection):
        yield "database file", plain(connection.connection.serialize())


def cached() -> Iterator[Place]:
    for cache in caches.all():
        yield "cache", " ".join(plain(value) for value in _values_in(cache))


def _values_in(cache: BaseCache) -> Iterator[Any]:
    """Read all that a cache holds: one in memory, or Redis where there is one."""
    if not isinstance(cache, RedisCache):
        yield from getattr(cache, "_cache", {}).values()
        return
    client = cache._cache.get_client()
    for key in client.scan_iter(match=f"{cache.key_prefix}:*"):
        yield client.get(key) or b""


def _text(value: object) -> str:
    return plain(bytes(value)) if isinstance(value, bytes | memoryview) else str(value)
