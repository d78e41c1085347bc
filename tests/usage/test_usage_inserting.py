import pytest
from django.db import connection

from usage.inserting import ROWS_AT_ONCE, insert_new

COLUMNS = ("name", "number")


@pytest.fixture
def cursor(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE tried (name varchar(20) UNIQUE, number integer)")
        yield cursor
        cursor.execute("DROP TABLE tried")


@pytest.mark.parametrize(
    "count", [0, 1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, 3 * ROWS_AT_ONCE + 7]
)
def test_every_row_comes_in_and_is_counted(cursor, count):
    rows = [(f"row {number}", number) for number in range(count)]

    assert insert_new(cursor, "tried", COLUMNS, rows) == count
    cursor.execute("SELECT name, number FROM tried ORDER BY number")
    assert [tuple(row) for row in cursor.fetchall()] == rows


def test_rows_that_are_there_are_left_as_they_are_and_not_counted(cursor):
    insert_new(cursor, "tried", COLUMNS, [("row 3", -1), ("row 60", -2)])

    rows = [(f"row {number}", number) for number in range(70)]

    assert insert_new(cursor, "tried", COLUMNS, rows) == 68
    cursor.execute("SELECT number FROM tried WHERE name IN ('row 3', 'row 60') ORDER BY number")
    assert [number for (number,) in cursor.fetchall()] == [-2, -1]


def test_a_row_that_comes_twice_at_once_comes_in_once(cursor):
    assert insert_new(cursor, "tried", COLUMNS, [("row", 1), ("row", 2)]) == 1
