import sqlite3
from contextlib import closing

from bench.subjects import axiom, storage


def test_usage_rows_are_counted_without_writing(tmp_path):
    database = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE usage_usagerecord (id INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO usage_usagerecord VALUES (?)", [(1,), (2,), (3,)])
    database.chmod(0o400)

    assert storage.count_rows(database) == 3


def test_an_installation_keeps_to_its_own_folder_and_ports(tmp_path):
    installation = axiom._Installation(tmp_path, portal_port=1, gateway_port=2)

    assert installation.environment == {
        "AXIOM_DATA": str(tmp_path),
        "AXIOM_PORTAL_PORT": "1",
        "AXIOM_GATEWAY_PORT": "2",
    }
