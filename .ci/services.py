"""What `.ci/run` needs of PostgreSQL and Redis: a way in, and nothing left behind.

services.py postgres [URL]     print the first address that lets us in and make databases
services.py redis              print the address of an empty database
services.py drop URL NAME      drop the databases that the run made
services.py flush URL          empty the Redis database that the run used
"""

# ruff: noqa: INP001 - a script, not a module
import getpass
import sys

import psycopg
import redis
from psycopg import sql

REDIS = "redis://127.0.0.1:6379"
POSTGRES = "postgres://{}@127.0.0.1:5432"
ALLOWED = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
MADE = "SELECT datname FROM pg_database WHERE datname = %(name)s OR starts_with(datname, %(test)s)"


def postgres(given: str) -> str:
    """Find an address, without a database's name, whose user may make databases."""
    guesses = [POSTGRES.format(user) for user in (getpass.getuser(), "postgres:postgres")]
    for url in [given] if given else guesses:
        try:
            with psycopg.connect(f"{url}/postgres", connect_timeout=5) as connection:
                row = connection.execute(ALLOWED).fetchone()
        except psycopg.OperationalError:
            continue
        if row and row[0]:
            return url
    sys.exit(1)


def empty_redis() -> str:
    """Find a database that nobody uses; number 0 is left to others."""
    for number in range(15, 0, -1):
        url = f"{REDIS}/{number}"
        with redis.Redis.from_url(url) as client:
            if client.dbsize() == 0:
                return url
    sys.exit(f"Every database of {REDIS} is in use.")


def drop(url: str, name: str) -> None:
    """Drop the databases that carry the run's name, and the tests' ones made beside it."""
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        for (found,) in connection.execute(MADE, {"name": name, "test": f"test_{name}"}).fetchall():
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(found))
            )


def flush(url: str) -> None:
    """Empty the database that the run used."""
    with redis.Redis.from_url(url) as client:
        client.flushdb()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["postgres", given]:
            sys.stdout.write(postgres(given))
        case ["redis"]:
            sys.stdout.write(empty_redis())
        case ["drop", url, name]:
            drop(url, name)
        case ["flush", url]:
            flush(url)
        case _:
            sys.exit(__doc__)
