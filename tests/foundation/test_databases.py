import sqlite3

import pytest
from django.db import InterfaceError, OperationalError, connection

from foundation.databases import Trouble, brief_wait, trouble_of


def told(cause: Exception | None) -> OperationalError:
    """Give Django's error as it comes from a driver's."""
    error = OperationalError("as Django says it")
    error.__cause__ = cause
    return error


def of_postgres(state: str | None) -> Exception:
    cause = Exception("as psycopg says it")
    cause.sqlstate = state
    return cause


@pytest.fixture
def files(tmp_path):
    opened = [sqlite3.connect(tmp_path / "db", timeout=0, isolation_level=None) for _ in range(2)]
    yield opened
    for one in opened:
        one.close()


def failing(statement: str, on: sqlite3.Connection) -> sqlite3.Error:
    with pytest.raises(sqlite3.Error) as raised:
        on.execute(statement)
    return raised.value


def test_a_locked_file_is_busy_and_not_away(files):
    one, other = files
    one.execute("BEGIN IMMEDIATE")

    assert trouble_of(told(failing("BEGIN IMMEDIATE", other))) is Trouble.BUSY


def test_a_missing_table_is_a_mistake_of_ours_and_waiting_mends_nothing(files):
    assert trouble_of(told(failing("SELECT * FROM nothing", files[0]))) is None


def test_a_file_that_may_not_be_written_is_said_to_be_that(tmp_path, files):
    files[0].execute("CREATE TABLE t (a)")
    reader = sqlite3.connect(f"file:{tmp_path / 'db'}?mode=ro", uri=True)

    assert trouble_of(told(failing("INSERT INTO t VALUES (1)", reader))) is Trouble.FULL
    reader.close()


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        (None, Trouble.AWAY),
        ("08006", Trouble.AWAY),
        ("57P01", Trouble.AWAY),
        ("55P03", Trouble.BUSY),
        ("40P01", Trouble.BUSY),
        ("53300", Trouble.FULL),
        ("25006", Trouble.FULL),
        ("42P01", None),
    ],
)
def test_postgres_says_by_its_code_what_is_the_matter(state, trouble):
    assert trouble_of(told(of_postgres(state))) is trouble


def test_a_connection_that_broke_is_away_and_other_errors_are_none():
    assert trouble_of(InterfaceError("connection already closed")) is Trouble.AWAY
    assert trouble_of(ValueError("no")) is None


@pytest.mark.django_db
def test_after_a_brief_wait_others_wait_as_long_as_before():
    def patience() -> int:
        with connection.cursor() as cursor:
            return cursor.execute("PRAGMA busy_timeout").fetchone()[0]

    if connection.vendor != "sqlite":
        return
    with brief_wait(ms=50):
        assert patience() == 50

    assert patience() == connection.settings_dict["OPTIONS"]["timeout"] * 1000
